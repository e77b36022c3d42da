"""Stretches of time that follow the day: what a report that is looked at again and again is asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from kalends.catalog.model import Text
from kalends.insight.every import Every, begin

_DAY = timedelta(days=1)


class Span(NamedTuple):
    """Days from the first to the last, both included."""

    first: date
    last: date


class Period(NamedTuple):
    """What a stretch of time is called, and which days it is on a day."""

    label: Text
    span: Callable[[date], Span]


def _this(every: Every) -> Callable[[date], Span]:
    return lambda today: Span(begin(today, every), today)


def _before(every: Every) -> Callable[[date], Span]:
    def span(today: date) -> Span:
        last = begin(today, every) - _DAY
        return Span(begin(last, every), last)

    return span


def _months_back(months: int) -> Callable[[date], Span]:
    def span(today: date) -> Span:
        first = today.year * 12 + today.month - months
        return Span(date(first // 12, first % 12 + 1, 1), today)

    return span


def _days_back(days: int) -> Callable[[date], Span]:
    return lambda today: Span(today - timedelta(days=days - 1), today)


PERIODS: dict[str, Period] = {
    "12-months": Period(Text("12 months", "12 måneder", "12 kuukautta"), _months_back(12)),
    "24-months": Period(Text("24 months", "24 måneder", "24 kuukautta"), _months_back(24)),
    "30-days": Period(Text("30 days", "30 dager", "30 päivää"), _days_back(30)),
    "90-days": Period(Text("90 days", "90 dager", "90 päivää"), _days_back(90)),
    "this-month": Period(Text("This month", "Denne måneden", "Tämä kuukausi"), _this(Every.MONTHLY)),
    "last-month": Period(Text("Last month", "Forrige måned", "Viime kuukausi"), _before(Every.MONTHLY)),
    "this-quarter": Period(Text("This quarter", "Dette kvartalet", "Tämä neljännes"), _this(Every.QUARTERLY)),
    "last-quarter": Period(
        Text("Last quarter", "Forrige kvartal", "Viime neljännes"), _before(Every.QUARTERLY)
    ),
    "this-year": Period(Text("This year", "I år", "Tänä vuonna"), _this(Every.YEARLY)),
    "last-year": Period(Text("Last year", "I fjor", "Viime vuonna"), _before(Every.YEARLY)),
}
"""In the order in which they are offered; the first one is what is asked about where nothing else is said."""


def span_of(name: str, today: date) -> Span:
    """The days of a period. Raises ``KeyError``.

    >>> span_of("last-quarter", date(2026, 6, 15)), span_of("12-months", date(2026, 6, 15)).first
    (Span(first=datetime.date(2026, 1, 1), last=datetime.date(2026, 3, 31)), datetime.date(2025, 7, 1))
    """
    return PERIODS[name].span(today)
