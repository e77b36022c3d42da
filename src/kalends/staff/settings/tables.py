"""Lists of the settings: users, roles, tokens and the rest look alike, so that one template shows them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Tag(NamedTuple):
    """A short word beside something; ``tone`` is one of ok, warn and bad, or nothing."""

    text: str
    tone: str = ""


class Cell(NamedTuple):
    """What stands in a column: words, with a line under them, leading somewhere; ``label`` names it on phones."""

    text: str
    under: str = ""
    link: str = ""
    tags: Sequence[Tag] = ()


class Act(NamedTuple):
    """Something to do with a row or with the list; in a dialog, unless it leads to a page of its own."""

    label: str
    link: str
    dialog: bool = True
    icon: str = ""


class Row(NamedTuple):
    """A row; ``name`` tells its buttons apart for those who only hear them."""

    name: str
    cells: Sequence[Cell]
    acts: Sequence[Act] = ()


class Table(NamedTuple):
    """A list under a heading. ``empty`` is said where there is nothing in it."""

    key: str
    heading: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str = ""
    add: Act | None = None
    empty: str = ""

    @property
    def lines(self) -> list[tuple[Row, list[tuple[str, Cell]]]]:
        """The rows with each cell's column beside it."""
        return [(row, list(zip(self.columns, row.cells, strict=True))) for row in self.rows]
