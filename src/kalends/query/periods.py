"""Relative dates: the first and the last day of a named period, as seen from today."""

from __future__ import annotations

from datetime import date, timedelta

from kalends.query.language import Period

_NAMES = {"this": 0, "last": -1, "next": 1}


def days_of(period: Period, today: date) -> tuple[date, date]:
    """The first and the last day of a period.

    >>> first, last = days_of(Period.LAST_QUARTER, date(2026, 2, 28))
    >>> first.isoformat(), last.isoformat()
    ('2025-10-01', '2025-12-31')
    >>> days_of(Period.THIS_WEEK, date(2026, 3, 1))[0].isoformat()
    '2026-02-23'
    """
    single = {Period.TODAY: 0, Period.YESTERDAY: -1, Period.TOMORROW: 1}.get(period)
    if single is not None:
        day = today + timedelta(days=single)
        return day, day
    which, unit = period.value.split("_")
    offset = _NAMES[which]
    if unit == "week":
        monday = today + timedelta(days=7 * offset - today.weekday())
        return monday, monday + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    running = (today.year * 12 + today.month - 1) // months + offset
    return _first_of(running * months), _first_of((running + 1) * months) - timedelta(days=1)


def _first_of(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)
