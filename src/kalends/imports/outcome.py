"""What an import did, or in a rehearsal would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kalends.imports.problems import KEPT, Problems


class RefusedChange(NamedTuple):
    """A money term that the file would change on a record that is there already: it stays as it is."""

    row: int
    key: str
    term: str
    stands: str
    in_file: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.key}: {self.term} is {self.stands} and stays so; the file says {self.in_file}"


@dataclass(slots=True)
class Outcome:
    """Numbers of records; ``rows`` are the file's. ``left_out`` rows were not imported."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    left_out: int = 0
    contacts_created: int = 0
    payment_methods_created: int = 0
    refused: int = 0
    first_refused: list[RefusedChange] = field(default_factory=list[RefusedChange])
    ignored_columns: tuple[str, ...] = ()
    problems: Problems = field(default_factory=Problems)
    written: bool = False

    def refuse(self, change: RefusedChange) -> None:
        """Name a change that is not made."""
        self.refused += 1
        if len(self.first_refused) < KEPT:
            self.first_refused.append(change)
