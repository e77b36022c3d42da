"""What a proof asked of the books, in words for people, and what it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KEPT_MOST = 50
"""How many of what was found wrong are kept by name; all are counted."""


@dataclass(slots=True)
class Finding:
    """A question to the books: its name for programs, the question as people would ask it, and the answer.

    ``looked_at`` counts ``things``; ``wrong`` counts what is not as it should be, and ``first`` names some of it.
    """

    name: str
    question: str
    things: str
    looked_at: int = 0
    wrong: int = 0
    first: list[str] = field(default_factory=list[str])

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.wrong == 0

    def add(self, sentence: str) -> None:
        """Write down something that is wrong."""
        self.wrong += 1
        if len(self.first) < KEPT_MOST:
            self.first.append(sentence)

    @property
    def answer(self) -> str:
        """In words.

        >>> Finding("x", "Is each invoice there once?", "invoices", 1200).answer
        'yes, 1,200 invoices looked at'
        """
        things = self.things.removesuffix("s") if self.looked_at == 1 else self.things
        looked = f"{self.looked_at:,} {things} looked at"
        return f"yes, {looked}" if self.holds else f"NO: {self.wrong:,} found wrong, {looked}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.name,
            "question": self.question,
            "holds": self.holds,
            "looked_at": self.looked_at,
            "wrong": self.wrong,
            "first": self.first,
        }
