"""A result as a table: its heads, its rows, and what was left out because nobody could read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from babel.numbers import format_decimal

from kalends.catalog.model import Property, Text
from kalends.core.money import minor_digits, round_half_up
from kalends.insight.custom.definition import CustomReport, Dimension, Measure, What
from kalends.insight.custom.result import Result, Value
from kalends.insight.every import EVERY_LABELS, label
from kalends.insight.words import MINUS, locale_of, written

ROWS_SHOWN, COLUMNS_SHOWN = 500, 60
People = Mapping[str, Mapping[str, str]]
"""Names of owners and teams by number, under ``owners`` and ``teams``."""

WHAT_LABELS: dict[What, Text] = {
    What.COUNT: Text("Number", "Antall", "Lukumäärä"),
    What.DISTINCT: Text("Distinct values", "Ulike verdier", "Eri arvoja"),
    What.SUM: Text("Sum", "Sum", "Summa"),
    What.AVERAGE: Text("Average", "Gjennomsnitt", "Keskiarvo"),
    What.MIN: Text("Smallest", "Minste", "Pienin"),
    What.MAX: Text("Largest", "Største", "Suurin"),
    What.MEDIAN: Text("Median", "Median", "Mediaani"),
}
_NONE = Text("No value", "Ingen verdi", "Ei arvoa")
_YES, _NO = Text("Yes", "Ja", "Kyllä"), Text("No", "Nei", "Ei")
_ALL = Text("All", "Alle", "Kaikki")


class Column(NamedTuple):
    """A column of figures: of which value of the second dimension, which measure, in which currency."""

    value: Value
    measure: int
    currency: str
    head: str


class Row(NamedTuple):
    """A row: the values of its dimensions, how they read, and its figures."""

    keys: tuple[Value, ...]
    heads: tuple[str, ...]
    figures: tuple[Fraction | None, ...]


class Sheet(NamedTuple):
    """``heads`` are those of the dimensions. ``rows_cut`` and ``columns_cut`` were left out."""

    heads: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    rows_cut: int = 0
    columns_cut: int = 0


def sheet_of(result: Result, people: People, language: str) -> Sheet:
    """The table of a result. A plain table has a row for each pair of values; all else crosses the two dimensions."""
    report = result.report
    words = _Words(result, people, language)
    dimensions = report.dimensions
    flat = report.shape == "table" and len(dimensions) == 2
    across: tuple[Value, ...] = (None,) if flat or len(dimensions) < 2 else result.columns
    columns = [
        Column(
            value,
            number,
            currency,
            words.head(value, number, currency, named=len(across) > 1 or across != (None,)),
        )
        for value in across
        for number in range(len(report.measures))
        for currency in result.currencies[number]
    ]
    shown = tuple(columns[:COLUMNS_SHOWN])
    pairs = result.pairs if flat else tuple((row, None) for row in result.rows)
    rows = tuple(_row(result, words, pair, shown, flat=flat) for pair in pairs[:ROWS_SHOWN])
    heads = tuple(
        dimension_label(report, each, language) for each in (dimensions if flat else dimensions[:1])
    )
    return Sheet(heads, shown, rows, max(0, len(pairs) - ROWS_SHOWN), len(columns) - len(shown))


def _row(
    result: Result, words: _Words, pair: tuple[Value, Value], columns: tuple[Column, ...], *, flat: bool
) -> Row:
    keys = pair if flat else pair[:1]
    figures = tuple(
        result.of(pair[0], pair[1] if flat else each.value, each.measure, each.currency) for each in columns
    )
    dimensions = result.report.dimensions
    heads = tuple(words.value(dimension, key) for dimension, key in zip(dimensions, keys, strict=False))
    return Row(keys, heads or (_ALL.in_language(words.language),), figures)


class _Words:
    def __init__(self, result: Result, people: People, language: str) -> None:
        self.result, self.people, self.language = result, people, language

    def head(self, value: Value, number: int, currency: str, *, named: bool) -> str:
        report = self.result.report
        label_ = measure_label(report, report.measures[number], self.language)
        code = self.result.currency_of(number, currency)
        told = f"{label_} ({code})" if code else label_
        if not named:
            return told
        name = self.value(report.dimensions[1], value)
        return (
            name if len(report.measures) == 1 and len(self.result.currencies[0]) == 1 else f"{name}: {told}"
        )

    def value(self, dimension: Dimension, value: Value) -> str:
        prop = self.result.report.property_of(dimension)
        if value is None:
            return _NONE.in_language(self.language)
        if isinstance(value, date) and dimension.every is not None:
            return label(value, dimension.every).in_language(self.language)
        if isinstance(value, bool):
            return (_YES if value else _NO).in_language(self.language)
        if isinstance(value, (Decimal, int)):
            return format_decimal(value, locale=locale_of(self.language))
        return option_word(prop, str(value), self.people, self.language)


def option_word(prop: Property, value: str, people: People, language: str) -> str:
    """What people read for a value of a choice; text as it stands."""
    if prop.options:
        return prop.option_label(value, language)
    return people.get(prop.options_from or "", {}).get(value, value)


def measure_label(report: CustomReport, measure: Measure, language: str) -> str:
    """``Number of payments`` reads as ``Payments: Number``; ``Gross amount: Sum``."""
    what = WHAT_LABELS[measure.what].in_language(language)
    obj = report.objects[measure.object]
    if measure.what is What.COUNT:
        return f"{obj.plural_label.in_language(language)}: {what.lower()}"
    name = obj.by_name[measure.property].label.in_language(language)
    whose = f"{obj.singular_label.in_language(language)}: " if measure.object != report.object else ""
    return f"{whose}{name}: {what.lower()}"


def dimension_label(report: CustomReport, dimension: Dimension, language: str) -> str:
    """``Payment date (monthly)``, with its object before it where that is not the primary one."""
    obj = report.objects[dimension.object]
    name = obj.by_name[dimension.property].label.in_language(language)
    whose = f"{obj.singular_label.in_language(language)}: " if dimension.object != report.object else ""
    every = f" ({EVERY_LABELS[dimension.every].in_language(language).lower()})" if dimension.every else ""
    return f"{whose}{name}{every}"


def figure_text(result: Result, value: Fraction | None, column: Column, language: str) -> str:
    """A figure as people read it, without its currency: a number that is no amount has at most two decimals."""
    if value is None:
        return ""
    code = result.currency_of(column.measure, column.currency)
    if code:
        return written(int(value * 10 ** minor_digits(code)), "money", code, language)
    text = format_decimal(
        Decimal(round_half_up(value * 100)) / 100, format="#,##0.##", locale=locale_of(language)
    )
    return text.replace("-", MINUS) if text.startswith("-") else text


def figure_plain(result: Result, value: Fraction | None, column: Column) -> str:
    """A figure for a spreadsheet: a decimal point, nothing between thousands."""
    if value is None:
        return ""
    code = result.currency_of(column.measure, column.currency)
    places = minor_digits(code) if code else 6
    number = Decimal(round_half_up(value * 10**places)).scaleb(-places)
    return f"{number:f}" if code else f"{number.normalize():f}"
