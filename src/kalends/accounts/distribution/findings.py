"""What was found, and what was looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Finding(NamedTuple):
    """Something that does not keep to one account: its ``kind``, ``what`` it is, and ``why`` that is in the way."""

    kind: str
    what: str
    why: str


@dataclass(slots=True)
class Report:
    """What is in the way, what is known and declared with its reason, and how much was looked at.

    ``unseen`` are statements that could not be looked at, each with what PostgreSQL said.
    """

    found: list[Finding] = field(default_factory=list[Finding])
    declared: list[Finding] = field(default_factory=list[Finding])
    unseen: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    looked_at: dict[str, int] = field(default_factory=dict[str, int])

    def note(self, kind: str, what: str, why: str, reason: str | None) -> None:
        """A finding, or where there is a ``reason`` something declared."""
        if reason is None:
            self.found.append(Finding(kind, what, why))
        else:
            self.declared.append(Finding(kind, what, reason))

    def add(self, other: Report) -> None:
        """What another look found as well."""
        self.found += other.found
        self.declared += other.declared
        self.unseen += other.unseen
        self.looked_at |= other.looked_at

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "found": [each._asdict() for each in self.found],
            "declared": [each._asdict() for each in self.declared],
            "unseen": [{"statement": statement, "why": why} for statement, why in self.unseen],
            "looked_at": self.looked_at,
        }
