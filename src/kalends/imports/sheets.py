"""A file as a table: its headings and its rows, read one after the other, whatever program wrote it.

CSV files say neither how their letters are written nor what stands between their cells. Both are guessed from the file
and can be said; bytes that are no letters stay in their cell, which is then told as wrong, with its row.
"""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from kalends.imports.workbook import TooMuch, rows_of
from kalends.platform.archives import DAMAGED, parts_in

FILE_BYTES_MAX = 200_000_000
UNPACKED_BYTES_MAX = 1_000_000_000
"""What an XLSX file, which is an archive, may hold once it is unpacked."""
PARTS_MAX = 10_000
"""How many files may be packed in it. Those that programs write have some dozens, and one for each picture."""
ROWS_MAX = 1_000_000
SHEET_ROWS_MAX = 100_000
"""So many rows of XLSX: each turn of a worker reads such a file from its beginning."""
COLUMNS_MAX = 1_600
LONGEST_CELL = 131_072
ENCODINGS = ("utf-8", "cp1252", "iso-8859-15", "utf-16", "mac_roman")
"""Offered to people; cp1252 is what Excel writes on Windows."""
DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 1 << 20
_SAMPLE_LINES = 20

Cell = str | Decimal | date | datetime | bool | None


class WrongFile(ValueError):
    """A file that is no table; ``reason`` is for pages that say it in other words."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Row(NamedTuple):
    """A row: its line in the file, its cells, and why it cannot be read, if so."""

    line: int
    cells: tuple[Cell, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written. An XLSX file has neither encoding nor delimiter."""

    encoding: str = ""
    delimiter: str = ""

    @property
    def is_sheet(self) -> bool:
        """Whether it is an XLSX file."""
        return not self.delimiter


def guess_shape(path: Path) -> Shape:
    """How a file is written, as far as it shows. Raises :class:`WrongFile` for what is no table at all.

    A file that is UTF-8 to its end is taken for that, and any other for what Excel writes on Windows.
    """
    size = path.stat().st_size
    if size == 0:
        raise WrongFile("empty", "The file is empty: give one with headings in its first row.")
    if size > FILE_BYTES_MAX:
        raise WrongFile(
            "too_large", f"The file has {size:,} bytes, and at most {FILE_BYTES_MAX:,} are read: divide it."
        )
    with path.open("rb") as file:
        begins = file.read(_LOOKED_AT)
    if begins.startswith(b"PK\x03\x04"):
        _refuse_bomb(path)
        return Shape()
    if begins.startswith(b"\xd0\xcf\x11\xe0"):
        raise WrongFile("old_excel", "This is an XLS file of old: save it as XLSX or CSV, and give that one.")
    encoding = _encoding(path, begins)
    if encoding != "utf-16" and b"\x00" in begins:
        raise WrongFile("no_table", "This is neither CSV nor XLSX: save the table as one of them.")
    text = begins.decode(encoding, errors="replace")
    return Shape(encoding, _delimiter(text))


def _refuse_bomb(path: Path) -> None:
    parts = parts_in(path)
    if parts > PARTS_MAX:
        raise WrongFile("too_large", f"The file has {parts:,} parts, and at most {PARTS_MAX:,} are read.")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except DAMAGED as problem:
        raise WrongFile(
            "no_table", f"The file cannot be unpacked: {problem}. Save it again as XLSX."
        ) from None
    if unpacked > UNPACKED_BYTES_MAX:
        raise WrongFile(
            "too_large",
            f"Unpacked the file has {unpacked:,} bytes, and at most {UNPACKED_BYTES_MAX:,} are read.",
        )


def _encoding(path: Path, begins: bytes) -> str:
    if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while part := file.read(_LOOKED_AT):
                decoder.decode(part)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(text: str) -> str:
    """What divides the first lines into the most cells, the same number in each as far as possible."""
    lines = text.splitlines()[:_SAMPLE_LINES]

    def worth(delimiter: str) -> tuple[int, int]:
        try:
            counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return (0, 0)
        first = counts[0] if counts else 0
        return (sum(count == first for count in counts) if first > 1 else 0, first)

    return max(DELIMITERS, key=worth)


def headings(path: Path, shape: Shape) -> list[str]:
    """The first row. Raises :class:`WrongFile` where it cannot stand above columns."""
    found = next(_rows(path, shape), None)
    names = [] if found is None else [shown(cell).strip() for cell in found.cells]
    while names and not names[-1]:
        names.pop()
    if found is not None and found.problem:
        raise WrongFile("headings", f"The first row cannot be read: {found.problem}")
    if not names:
        raise WrongFile("empty", "The file has no headings: give one with headings in its first row.")
    if len(names) > COLUMNS_MAX:
        raise WrongFile(
            "too_many", f"The file has {len(names):,} columns, and at most {COLUMNS_MAX:,} are read."
        )
    broken = next((name for name in names if is_broken(name)), None)
    if broken is not None:
        raise WrongFile(
            "encoding", f"The heading {printable(broken)!r} is not {shape.encoding}: choose another encoding."
        )
    return names


def rows(path: Path, shape: Shape, *, after: int = 0) -> Iterator[Row]:
    """The rows below the headings whose line is behind ``after``; empty ones are left out.

    Raises :class:`WrongFile` for a file that turns out not to be what it seemed, or that is too long.
    """
    width = len(headings(path, shape))
    most = SHEET_ROWS_MAX if shape.is_sheet else ROWS_MAX
    for number, row in enumerate(_rows(path, shape)):
        if (
            number == 0
            or row.line <= after
            or not (row.problem or any(_is_filled(cell) for cell in row.cells))
        ):
            continue
        if number > most:
            raise WrongFile("too_long", f"The file has more than {most:,} rows: divide it.")
        yield _of_width(row, width)


def sample(path: Path, shape: Shape, count: int = 200) -> list[Row]:
    """The first rows, to guess from and to show."""
    return list(islice(rows(path, shape), count))


def _of_width(row: Row, width: int) -> Row:
    """A row with a cell for each heading; further cells only if they are empty."""
    cells = row.cells
    if row.problem:
        return row
    if any(_is_filled(cell) for cell in cells[width:]):
        return row._replace(
            problem=f"The row has {len(cells)} columns, and there are {width} headings: check its quotation marks."
        )
    return row._replace(cells=(*cells[:width], *[None] * (width - len(cells))))


def _is_filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _rows(path: Path, shape: Shape) -> Iterator[Row]:
    return _sheet_rows(path) if shape.is_sheet else _text_rows(path, shape)


def _text_rows(path: Path, shape: Shape) -> Iterator[Row]:
    encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        lines = csv.reader(file, delimiter=shape.delimiter, strict=True)
        while True:
            line = lines.line_num + 1
            try:
                yield Row(line, tuple(next(lines)))
            except StopIteration:
                return
            except csv.Error as problem:
                yield Row(line, (), f"The row is not CSV: {problem}. Check its quotation marks.")
            except UnicodeError:
                raise WrongFile(
                    "encoding",
                    f"From row {line} on the file is not {shape.encoding}: choose another encoding.",
                ) from None


def _sheet_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        try:
            found = rows_of(file, COLUMNS_MAX)
            if found is None:
                raise WrongFile("empty", "The file has no sheet.")
            for line, cells in enumerate(found, 1):
                yield Row(line, tuple(_typed(cell) for cell in cells))
        except WrongFile:
            raise
        except TooMuch as problem:
            raise WrongFile("too_large", f"The file is too large: {problem}") from problem
        except (
            Exception
        ) as problem:  # what is broken inside, the library tells in whatever way it comes upon it
            raise WrongFile(
                "no_table", f"The file cannot be read as XLSX: {problem}. Save it again."
            ) from problem


def _typed(cell: Any) -> Cell:
    match cell:
        case None | bool() | str() | date():
            return cell
        case int() | float():
            return Decimal(repr(cell))
        case time():
            return cell.isoformat()
        case _:
            return str(cell)


def shown(cell: Cell) -> str:
    """A cell as text, numbers without what says nothing.

    >>> shown(Decimal("12.0")), shown(None), shown(date(2026, 3, 1))
    ('12', '', '2026-03-01')
    """
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case Decimal():
            return f"{cell:f}".rstrip("0").rstrip(".") if "." in f"{cell:f}" else f"{cell:f}"
        case datetime():
            return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(" ", "seconds")
        case date():
            return cell.isoformat()
        case str():
            return cell


def is_broken(text: str) -> bool:
    """Whether text holds bytes that are no letters; most text is ASCII and is told at once.

    >>> is_broken("café"), is_broken("caf\\udce9")
    (False, True)
    """
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def printable(text: str) -> str:
    """Text with the bytes that are no letters made visible.

    >>> printable("caf\\udce9")
    'caf\\\\xe9'
    """
    return "".join(f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else char for char in text)
