"""XLSX and XLS files, row by row: numbers are numbers, days are days, amounts show their currency, text is text.

A cell of text is never a formula in these formats. What a cell cannot hold as what it is (a number of more digits than
a spreadsheet keeps, a day before 1900) stands there as text; what is longer than a cell is cut, a list of records at
a semicolon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter
import xlwt

from kalends.core.currencies import MINOR_DIGITS
from kalends.exports.columns import Column
from kalends.exports.files import Target
from kalends.exports.request import Format

LONGEST_CELL = 32_767
_DIGITS_KEPT = 15
_FIRST_YEAR = 1900
_ROWS_HELD = 500
"""How many rows of an XLS file wait in memory before they are written off."""
_DAY, _INSTANT, _NUMBER = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "General"

Value = str | Decimal | int | date | datetime | bool | None


class Sheet(Protocol):
    """One file with one sheet."""

    def write(self, row: int, place: int, value: Value, pattern: str) -> None:
        """Write a cell; ``pattern`` is how a number or a day is shown."""
        ...

    def end(self) -> None:
        """Complete the file."""
        ...


class XlsxSheet:
    """A sheet of XLSX. Rows are written off as soon as the next one begins."""

    def __init__(self, path: Path, target: Target, title: str) -> None:
        options = {
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"created": target.at.replace(tzinfo=None)})
        self._sheet: Any = self._book.add_worksheet(title)
        self._sheet.freeze_panes(1, 0)
        self._formats: dict[str, Any] = {}

    def write(self, row: int, place: int, value: Value, pattern: str) -> None:
        match value:
            case bool():
                self._sheet.write_boolean(row, place, value)
            case Decimal() | int():
                self._sheet.write_number(row, place, value, self._format(pattern))
            case date():
                self._sheet.write_datetime(row, place, value, self._format(pattern))
            case _:
                self._sheet.write_string(row, place, str(value))

    def _format(self, pattern: str) -> Any:
        if pattern == _NUMBER:
            return None
        if pattern not in self._formats:
            self._formats[pattern] = self._book.add_format({"num_format": pattern})
        return self._formats[pattern]

    def end(self) -> None:
        self._book.close()


class XlsSheet:
    """A sheet of the old format, for programs that know no other."""

    def __init__(self, path: Path, target: Target, title: str) -> None:  # noqa: ARG002
        self._path = path
        self._book = xlwt.Workbook(encoding="utf-8")
        self._sheet = self._book.add_sheet(title)
        self._sheet.set_panes_frozen(True)
        self._sheet.set_horz_split_pos(1)
        self._styles = {_NUMBER: xlwt.XFStyle()}

    def write(self, row: int, place: int, value: Value, pattern: str) -> None:
        if place == 0 and row and not row % _ROWS_HELD:
            self._sheet.flush_row_data()
        self._sheet.write(row, place, value, self._style(pattern))

    def _style(self, pattern: str) -> Any:
        if pattern not in self._styles:
            self._styles[pattern] = xlwt.XFStyle()
            self._styles[pattern].num_format_str = pattern
        return self._styles[pattern]

    def end(self) -> None:
        self._book.save(str(self._path))


SHEETS: dict[Format, Callable[[Path, Target, str], Sheet]] = {"xlsx": XlsxSheet, "xls": XlsSheet}


class Rows:
    """Writes records into a sheet, as the typed statement gives them: behind each amount comes its currency."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column]) -> None:
        self.sheet, self.columns = sheet, columns
        self.next = 1
        for place, column in enumerate(columns):
            sheet.write(0, place, fitting(column.header, column), _NUMBER)

    def add(self, row: Sequence[Any]) -> None:
        """A record, as the typed statement gives it."""
        at = 0
        for place, column in enumerate(self.columns):
            value, at = row[at], at + 1
            currency = ""
            if column.property is not None and column.property.currency is not None:
                currency, at = row[at] or "", at + 1
            if value is not None and value != "":
                self.sheet.write(
                    self.next, place, fitting(value, column), pattern_of(column, value, currency)
                )
        self.next += 1


def fitting(value: Value, column: Column) -> Value:
    """The value as a cell can hold it.

    >>> from kalends.exports.columns import Column
    >>> fitting(Decimal("12345678901234567"), Column("Number", "n", "number"))
    '12345678901234567'
    """
    match value:
        case Decimal() if len(value.normalize().as_tuple().digits) > _DIGITS_KEPT:
            return f"{value:f}"
        case date() if value.year < _FIRST_YEAR:
            return value.isoformat(*([" "] if isinstance(value, datetime) else []))
        case str() if len(value) > LONGEST_CELL:
            cut = value[: LONGEST_CELL - 1]
            return cut.rpartition(";")[0] if column.tied and ";" in cut else f"{cut}…"
    return value


def pattern_of(column: Column, value: Value, currency: str) -> str:
    """How a spreadsheet shows a value: an amount with the decimals and the letters of its currency.

    >>> from kalends.exports.columns import Column
    >>> pattern_of(Column("Amount", "a", "money"), Decimal("12.50"), "NOK")
    '#,##0.00 [$NOK]'
    """
    match value:
        case datetime():
            return _INSTANT
        case date():
            return _DAY
        case Decimal() if column.kind == "money":
            digits = MINOR_DIGITS.get(currency, 2)
            finer = max(-int(value.as_tuple().exponent) - digits, 0)
            decimals = "0" * digits + "#" * finer
            amount = f"#,##0.{decimals}" if decimals else "#,##0"
            return f"{amount} [${currency}]" if currency else amount
    return _NUMBER
