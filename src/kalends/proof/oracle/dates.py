"""When cycles fall due, counted from the anchor as a person would do it on a wall calendar."""

import calendar
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

MONTHS_BETWEEN = {
    "monthly": 1,
    "quarterly": 3,
    "per_six_months": 6,
    "annually": 12,
    "per_two_years": 24,
    "per_three_years": 36,
    "per_four_years": 48,
    "per_five_years": 60,
}
WEEKS_BETWEEN = {"weekly": 1, "biweekly": 2}


class UnknownFrequency(ValueError):
    """The name is none of the billing frequencies."""


class Anchor(NamedTuple):
    """A day from which cycles are counted, and the number of the cycle that falls on it."""

    day: date
    cycle: int


@lru_cache(maxsize=65536)
def cycle_day(anchor: Anchor, frequency: str, cycle: int) -> date:
    """The day on which a cycle falls due.

    In a month that lacks the anchor's day the last day of the month is taken. Raises ``UnknownFrequency``.

    >>> [cycle_day(Anchor(date(2026, 1, 31), 0), "monthly", n).isoformat() for n in (0, 1, 2, 13)]
    ['2026-01-31', '2026-02-28', '2026-03-31', '2027-02-28']
    >>> cycle_day(Anchor(date(2024, 2, 29), 3), "annually", 2).isoformat()
    '2023-02-28'
    """
    periods = cycle - anchor.cycle
    if frequency in WEEKS_BETWEEN:
        return anchor.day + periods * WEEKS_BETWEEN[frequency] * timedelta(weeks=1)
    if frequency not in MONTHS_BETWEEN:
        known = ", ".join((*WEEKS_BETWEEN, *MONTHS_BETWEEN))
        raise UnknownFrequency(f"Billing frequency {frequency!r} is not one of {known}.")
    year, month = anchor.day.year, anchor.day.month
    for _ in range(abs(periods) * MONTHS_BETWEEN[frequency]):
        year, month = _next_month(year, month) if periods > 0 else _month_before(year, month)
    _, last_day = calendar.monthrange(year, month)
    return date(year, month, min(anchor.day.day, last_day))


def _next_month(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def _month_before(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)
