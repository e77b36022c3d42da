"""What a proof found: in plain words, by name, with what stands there and what should."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

KEPT_PER_CHECK = 1_000
"""How many differences of one check are kept by name; the others are counted."""
NOTES_KEPT = 100
"""How many notes are kept."""
_MARK_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what it should be. ``check`` is the stable name of the check that found it."""

    check: str
    what: str
    figure: str
    stands: str
    should_be: str

    def __str__(self) -> str:
        return f"{self.what}: {self.figure} is {self.stands}, but should be {self.should_be}."

    @property
    def mark(self) -> str:
        """What knows it again another night, though the figures have moved on meanwhile.

        >>> first = Difference("totals", "Invoice INV-1", "total", "5", "6")
        >>> first.mark == Difference("totals", "Invoice INV-1", "total", "7", "8").mark
        True
        """
        told = f"{self.check}\n{self.what}\n{self.figure}"
        return hashlib.sha256(told.encode()).hexdigest()[:_MARK_LETTERS]


@dataclass(slots=True)
class CheckMade:
    """A check that was made: how many rows it looked at, and how many differences it found."""

    name: str
    about: str
    rows: int = 0
    found: int = 0


@dataclass(slots=True)
class Report:
    """The outcome of a proof.

    ``checked`` counts invoices. ``notes`` name what the processor knows and the books will learn: no differences.
    ``differences`` holds at most :data:`KEPT_PER_CHECK` of each check; ``found`` counts them all.
    """

    checked: int = 0
    checks: list[CheckMade] = field(default_factory=list[CheckMade])
    differences: list[Difference] = field(default_factory=list[Difference])
    notes: list[str] = field(default_factory=list[str])

    @property
    def found(self) -> int:
        """How many differences there are, also those that are not kept by name."""
        return sum(check.found for check in self.checks)

    @property
    def clean(self) -> bool:
        """Whether everything is as it should be."""
        return self.found == 0

    def add(self, check: CheckMade, what: str, figure: str, stands: str, should_be: str) -> None:
        """Write down a difference."""
        check.found += 1
        if check.found <= KEPT_PER_CHECK:
            self.differences.append(Difference(check.name, what, figure, stands, should_be))

    def note(self, sentence: str) -> None:
        """Write down what is no difference, and good to know."""
        if len(self.notes) < NOTES_KEPT:
            self.notes.append(sentence)

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "checked": self.checked,
            "differences": self.found,
            "checks": [
                {"name": check.name, "rows": check.rows, "differences": check.found} for check in self.checks
            ],
            "first": [str(difference) for difference in self.differences[:100]],
            "notes": self.notes,
        }
