"""A workbook (XLSX) of a stranger: its first sheet is read row by row, and nothing of it is kept without a bound.

A few kilobytes can unpack to formats that fill the memory of a machine, or to a row without end. What the library reads
whole is measured before, and what was read of a sheet is forgotten with its row.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO, Any, cast
from xml.etree.ElementTree import Element, iterparse

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS

WHOLE_BYTES_MAX = 20_000_000
"""What a part may have that is read whole: formats, the list of sheets, what leads from one part to another."""
ELEMENTS_MAX = 300_000
"""How many elements such a part may have. Excel itself knows 65,490 formats of cells, each of few elements."""
STRINGS_BYTES_MAX = 200_000_000
"""What the texts of cells may have, which are kept while the rows are read."""
ROW_BYTES_MAX = 20_000_000
"""After so many bytes another row has to have come."""
LAST_ROW = 1_048_576
"""Excel's own last row."""

Values = tuple[Any, ...]


class TooMuch(Exception):
    """A part is too large to be read; the message says which. No ``ValueError``: the library words those anew."""


class _Bounded(zipfile.ZipFile):
    """An archive of which no part is read whole that is too large for that, or has too many elements."""

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        """The bytes of a part. Raises :class:`TooMuch`."""
        size = self.getinfo(name).file_size
        if size > WHOLE_BYTES_MAX:
            raise TooMuch(f"{name} has {size:,} bytes unpacked, and at most {WHOLE_BYTES_MAX:,} are read.")
        text = super().read(name, pwd)
        if (elements := text.count(b"<")) > ELEMENTS_MAX:
            raise TooMuch(f"{name} has {elements:,} elements, and at most {ELEMENTS_MAX:,} are read.")
        return text


class _Reader(ExcelReader):
    """The library's own, for the values of cells alone."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self.archive = _Bounded(file)

    def read(self) -> None:
        """What is needed to understand cells. Raises :class:`TooMuch`."""
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)

    def read_strings(self) -> None:
        """The texts of cells. Raises :class:`TooMuch`."""
        part = self.package.find(SHARED_STRINGS)
        size = 0 if part is None else self.archive.getinfo(part.PartName[1:]).file_size
        if size > STRINGS_BYTES_MAX:
            raise TooMuch(
                f"Its texts have {size:,} bytes unpacked, and at most {STRINGS_BYTES_MAX:,} are read."
            )
        super().read_strings()

    def first_sheet(self) -> str | None:
        """The part of the first sheet that has rows."""
        for _sheet, rel in self.parser.find_sheets():
            if rel.target in self.valid_files and "chartsheet" not in rel.Type:
                return str(rel.target)
        return None


class _Watched:
    """A part as it is read, which ends where no row comes any more."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.since = source, 0

    def read(self, size: int) -> bytes:
        """The next bytes. Raises :class:`TooMuch`."""
        part = self._source.read(size)
        self.since += len(part)
        if self.since > ROW_BYTES_MAX:
            raise TooMuch(f"One row has more than {ROW_BYTES_MAX:,} bytes unpacked.")
        return part


class _Rows(WorkSheetParser):
    """The library's parser, which forgets each row, and all that stands between rows."""

    def parse(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """The number and the cells of each row."""
        above: list[Element] = []
        rows_open = 0
        for event, element in iterparse(self.source, ("start", "end")):  # noqa: S314 - expat, which fetches nothing
            if event == "start":
                above.append(element)
                rows_open += element.tag == ROW_TAG
                continue
            above.pop()
            rows_open -= element.tag == ROW_TAG
            if rows_open:
                continue
            if element.tag == ROW_TAG:
                yield self.parse_row(element)
            (above[-1] if above else element).clear()


def rows_of(file: IO[bytes], columns: int) -> Iterator[Values] | None:
    """The rows of the first sheet, each as wide as its last cell and at most ``columns``; ``None`` without a sheet.

    Raises :class:`TooMuch`, and whatever the library says of a file that is broken.
    """
    reader = _Reader(file)
    reader.read()
    part = reader.first_sheet()
    return None if part is None else _rows(reader, part, columns)


def _rows(reader: _Reader, part: str, columns: int) -> Iterator[Values]:
    book: Any = reader.wb
    line = 0
    with reader.archive.open(part) as source:
        watched = _Watched(source)
        parser = _Rows(
            cast("IO[bytes]", watched),
            reader.shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,  # noqa: SLF001 - as the library's own reader of rows asks for them
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )
        for number, cells in parser.parse():
            watched.since = 0
            if number > LAST_ROW:
                raise TooMuch(f"Row {number:,} is behind the last one that there can be ({LAST_ROW:,}).")
            for _left_out in range(line + 1, number):
                yield ()
            if number > line:
                line = number
                yield _values(cells, number, columns)


def _values(cells: list[dict[str, Any]], number: int, columns: int) -> Values:
    values: list[Any] = [None] * min(max((each["column"] for each in cells), default=0), columns)
    for each in cells:
        if each["column"] <= columns:
            values[each["column"] - 1] = each["value"]
        elif each["value"] is not None:
            raise TooMuch(f"Row {number:,} has more than {columns:,} columns.")
    return tuple(values)
