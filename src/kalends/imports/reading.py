"""Reading a CSV file row by row: memory stays flat, and whatever is wrong is told with its row and column."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kalends.catalog.registry import suggestion
from kalends.imports.mapping import ImportMapping
from kalends.imports.problems import BadCell, Problems
from kalends.imports.sheets import is_broken
from kalends.imports.targets import Target
from kalends.platform.errors import UserFacing


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of the file: its first line, its cells in the mapping's text form by target, and what is wrong with it."""

    line: int
    key: str | None
    values: dict[str, str]
    good: bool


@dataclass(slots=True)
class Reader:
    """A file being read. ``ignored`` are headings that the mapping does not speak of."""

    path: Path
    mapping: ImportMapping
    problems: Problems
    rows: int = 0
    ignored: tuple[str, ...] = ()

    def read(self) -> Iterator[FileRow]:
        """The rows in order. Raises UserFacing when the file as a whole cannot be used, OSError for no file."""
        mapping = self.mapping
        encoding = (
            "utf-8-sig"
            if mapping.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
            else mapping.encoding
        )
        with self.path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
            lines = csv.reader(file, delimiter=mapping.delimiter, strict=True)
            header = self._header(lines)
            places = {heading: header.index(heading) for heading in mapping.headings()}
            while True:
                line = lines.line_num + 1
                try:
                    cells = next(lines)
                except StopIteration:
                    return
                except csv.Error as problem:
                    self.rows += 1
                    self._add(line, "", "", f"The row is not CSV: {problem}. Check its quotation marks.")
                    continue
                if not cells:
                    continue
                self.rows += 1
                yield self._row(line, cells, header, places)

    def _header(self, lines: Iterator[list[str]]) -> list[str]:
        try:
            header = [cell.strip() for cell in next(lines, [])]
        except csv.Error as problem:
            raise self._unusable("The first row is no row of headings.", str(problem)) from problem
        if not any(header):
            raise UserFacing(
                "The file is empty.",
                where=str(self.path),
                value="no row of headings",
                remedy="Give a CSV file with headings in its first row.",
            )
        twice = sorted(name for name, number in Counter(header).items() if number > 1 and name)
        if twice:
            raise self._unusable("A heading stands twice.", twice[0])
        missing = [heading for heading in self.mapping.headings() if heading not in header]
        if missing:
            shown = ", ".join(header[:20])
            raise UserFacing(
                "The mapping speaks of a column that the file does not have.",
                where=f"{self.path}, row 1",
                value=missing[0],
                remedy=f"{suggestion(missing[0], header)} The headings are: {shown}"
                + (" (is the delimiter right?)" if len(header) == 1 else ""),
            )
        known = set(self.mapping.headings())
        self.ignored = tuple(name for name in header if name and name not in known)
        return header

    def _unusable(self, message: str, value: str) -> UserFacing:
        return UserFacing(
            message,
            where=f"{self.path}, row 1",
            value=value,
            remedy="Give each column a heading of its own in the first row.",
        )

    def _row(self, line: int, cells: Sequence[str], header: Sequence[str], places: dict[str, int]) -> FileRow:
        found = self.problems.found
        key_place = places.get(self.mapping.key or "")
        key = cells[key_place].strip() if key_place is not None and key_place < len(cells) else None
        values: dict[str, str] = {}
        if len(cells) != len(header):
            self._add(
                line,
                "",
                "",
                f"The row has {len(cells)} columns; the headings are {len(header)}. Check its quotation marks.",
            )
        elif [cell.strip() for cell in cells] == list(header):
            self._add(line, "", "", "The headings stand here again; take the row out.")
        else:
            for heading, targets in self.mapping.columns.items():
                raw = cells[places[heading]].strip()
                if raw:
                    for target in targets:
                        try:
                            values[target.name] = self._value(heading, target, raw)
                        except BadCell as bad:
                            self.problems.add_cell(line, bad)
            self._fill(values)
        return FileRow(line, key or None, values, good=self.problems.found == found)

    def _value(self, heading: str, target: Target, raw: str) -> str:
        if is_broken(raw):
            remedy = f"This is not {self.mapping.encoding}. Save the file as UTF-8, or name its encoding in the map."
            raise BadCell(heading, raw, remedy)
        return self.mapping.value(heading, target, raw)

    def _fill(self, values: dict[str, str]) -> None:
        for target, value in self.mapping.constants.items():
            values[target.name] = value
        for target, value in self.mapping.defaults.items():
            values.setdefault(target.name, value)

    def _add(self, line: int, column: str, value: str, remedy: str) -> None:
        self.problems.add(line, column, value, remedy)
