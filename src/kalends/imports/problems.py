"""What is wrong with a file, by row and column: the first ones kept, all of them counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

KEPT = 1_000
_LONGEST_SHOWN = 80


class Problem(NamedTuple):
    """A cell that cannot be used. ``row`` is the line in the file, ``column`` the heading (empty: the whole row).

    ``code`` says of which sort it is, for pages that say so in other languages.
    """

    row: int
    column: str
    value: str
    remedy: str
    code: str = ""

    def __str__(self) -> str:
        place = f"row {self.row}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.value!r}: {self.remedy}" if self.value else f"{place}: {self.remedy}"


class BadCell(ValueError):
    """A value that cannot be used: the heading of its column, the value, and what would be right."""

    def __init__(self, column: str, value: object, remedy: str, code: str = "") -> None:
        super().__init__(remedy)
        self.column, self.value, self.remedy, self.code = column, str(value), remedy, code


@dataclass(slots=True)
class Problems:
    """All problems of a file."""

    found: int = 0
    kept: list[Problem] = field(default_factory=list[Problem])

    def add(self, row: int, column: str, value: object, remedy: str) -> None:
        """Write down a problem; a long value is shown by its beginning."""
        self.found += 1
        if len(self.kept) < KEPT:
            self.kept.append(Problem(row, column, shortened(str(value)), remedy))

    def add_cell(self, row: int, cell: BadCell) -> None:
        """Write down what was raised for a cell."""
        self.add(row, cell.column, cell.value, cell.remedy)

    def in_order(self) -> list[Problem]:
        """The kept problems by row."""
        return sorted(self.kept, key=lambda problem: (problem.row, problem.column))


def shortened(value: str) -> str:
    """A value as it is shown in a list of problems: bytes that are no text become visible, long ones are cut.

    >>> shortened("caf\\udce9")
    'caf\\\\xe9'
    """
    shown = "".join(
        f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else char for char in value
    )
    return shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 3] + "..."
