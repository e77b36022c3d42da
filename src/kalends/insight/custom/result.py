"""What a custom report comes to: its groups, and for each measure a figure a group and currency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.core.money import minor_digits, round_half_up
from kalends.insight.custom.definition import CustomReport, Measure, What
from kalends.insight.custom.statement import GROUPS_MAX, compile_measure
from kalends.query import Context, Sight

Value = str | Decimal | date | bool | None
Key = tuple[Value, Value]
"""The values of the two dimensions; None where a record has no value, or there is no such dimension."""


class TooManyGroups(ValueError):
    """There would be more groups than anybody could read."""

    def __init__(self) -> None:
        super().__init__(
            f"The report has more than {GROUPS_MAX:,} groups. Choose longer stretches of time, a property with fewer "
            "values, or a filter."
        )


class Cell(NamedTuple):
    """Where a figure stands."""

    row: Value
    column: Value
    measure: int
    currency: str


@dataclass(frozen=True, slots=True)
class Result:
    """A report, worked out. ``rows`` and ``columns`` are in order; amounts are in major units, exact but for the one
    rounding of a converted, average or middle amount to the currency's decimals. ``missing`` counts amounts for which
    no rate was known; they are in no figure.
    """

    report: CustomReport
    rows: tuple[Value, ...]
    columns: tuple[Value, ...]
    figures: Mapping[Cell, Fraction]
    currencies: Mapping[int, tuple[str, ...]]
    pairs: tuple[Key, ...]
    own_currency: str
    missing: int = 0

    def of(self, row: Value, column: Value, measure: int, currency: str = "") -> Fraction | None:
        """A figure, None where there is none: a count of nothing is 0, a sum of nothing is no amount."""
        found = self.figures.get(Cell(row, column, measure, currency))
        counted = self.report.measures[measure].what in (What.COUNT, What.DISTINCT)
        return Fraction(0) if found is None and counted else found

    def currency_of(self, measure: int, currency: str) -> str:
        """In which currency a figure is; empty for what is no amount."""
        told = self.report.measures[measure]
        if told.what in (What.COUNT, What.DISTINCT) or self.report.property_of(told).currency is None:
            return ""
        return currency or self.own_currency


def work_out(
    db: Connection[Any],
    ctx: AccountContext,
    report: CustomReport,
    *,
    sight: Sight | None = None,
    user_id: int | None = None,
) -> Result:
    """Work a report out about the records that ``sight`` shows; ``db`` has entered the account.

    Raises :class:`TooManyGroups`.
    """
    context = Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, user_id=user_id, sight=sight)
    figures: dict[Cell, Fraction] = {}
    keys: dict[Key, None] = {}
    currencies: dict[int, tuple[str, ...]] = {}
    missing = 0
    for number, measure in enumerate(report.measures):
        sql = compile_measure(report, measure, context)
        found = db.execute(sql.text, sql.params).fetchall()  # type: ignore[call-overload]
        if len(found) > GROUPS_MAX:
            raise TooManyGroups
        for row, column, currency, first, second, lost in found:
            keys[row, column] = None
            missing += lost
            value = _value(measure, first, second)
            if value is None:
                continue
            figures[Cell(row, column, number, currency or "")] = _rounded(
                report, measure, value, currency or ctx.currency
            )
        known = {cell.currency for cell in figures if cell.measure == number}
        currencies[number] = tuple(sorted(known)) or ("",)
    rows = _ordered(report, {row for row, _ in keys}, figures, lambda cell: cell.row, dimension=0)
    columns = _ordered(report, {column for _, column in keys}, figures, lambda cell: cell.column, dimension=1)
    place = {value: at for at, value in enumerate(rows)}
    beside = {value: at for at, value in enumerate(columns)}
    pairs = sorted(keys, key=lambda pair: (place[pair[0]], beside[pair[1]]))
    return Result(report, rows, columns, figures, currencies, tuple(pairs), ctx.currency, missing)


def _value(measure: Measure, first: Any, second: Any) -> Fraction | None:
    if first is None:
        return None
    if measure.what is What.AVERAGE:
        return Fraction(first) / second if second else None
    if measure.what is What.MEDIAN:
        return (Fraction(first) + Fraction(second)) / 2
    return Fraction(first)


def _rounded(report: CustomReport, measure: Measure, value: Fraction, currency: str) -> Fraction:
    """An amount at the decimals of its currency, half up; what is no amount stays as it is."""
    if measure.what in (What.COUNT, What.DISTINCT) or report.property_of(measure).currency is None:
        return value
    shift = 10 ** minor_digits(currency)
    return Fraction(round_half_up(value * shift), shift)


def _ordered(
    report: CustomReport,
    values: Iterable[Value],
    figures: Mapping[Cell, Fraction],
    of: Callable[[Cell], Value],
    *,
    dimension: int,
) -> tuple[Value, ...]:
    """Times in their order, choices in that of their options, all else by their largest figure of the first measure;
    those without a value come last.
    """
    known = [each for each in values if each is not None]
    empty: list[Value] = [None] if len(known) < len(list(values)) else []
    if dimension >= len(report.dimensions):
        return (None,)
    prop = report.property_of(report.dimensions[dimension])
    if prop.is_time or prop.is_number:
        known.sort()
    elif prop.options:
        places = {option.value: at for at, option in enumerate(prop.options)}
        known.sort(key=lambda each: (places.get(str(each), len(places)), str(each)))
    else:
        largest: dict[Value, Fraction] = {}
        for cell, figure in figures.items():
            if cell.measure == 0:
                largest[of(cell)] = max(largest.get(of(cell), figure), figure)
        known.sort(key=lambda each: (-largest.get(each, Fraction(0)), str(each).casefold()))
    return (*known, *empty)
