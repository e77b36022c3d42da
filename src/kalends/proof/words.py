"""Dates and spans in plain English, for explanations."""

import calendar
from datetime import date

from kalends.proof.oracle.dates import MONTHS_BETWEEN, WEEKS_BETWEEN, Anchor, cycle_day

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_FULL_MONTHS = "January February March April May June July August September October November December".split()
EVERY = {
    "weekly": "every week",
    "biweekly": "every two weeks",
    "monthly": "every month",
    "quarterly": "every three months",
    "per_six_months": "every six months",
    "annually": "every year",
    "per_two_years": "every two years",
    "per_three_years": "every three years",
    "per_four_years": "every four years",
    "per_five_years": "every five years",
}


def day(value: date) -> str:
    """A date as people write it.

    >>> day(date(2026, 2, 28))
    '28 Feb 2026'
    """
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def times(count: int, unit: str) -> str:
    """A number of something.

    >>> times(1, "day"), times(3, "week")
    ('1 day', '3 weeks')
    """
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"


def span(frequency: str, periods: int) -> str:
    """The length of so many periods.

    >>> span("monthly", 13), span("biweekly", 2), span("per_two_years", 1)
    ('13 months', '4 weeks', '2 years')
    """
    if frequency in WEEKS_BETWEEN:
        return times(WEEKS_BETWEEN[frequency] * periods, "week")
    months = MONTHS_BETWEEN[frequency] * periods
    return times(months // 12, "year") if MONTHS_BETWEEN[frequency] % 12 == 0 else times(months, "month")


def why_this_day(anchor: Anchor, frequency: str, cycle: int) -> str:
    """How the day of a cycle is counted from the anchor.

    >>> print(why_this_day(Anchor(date(2025, 1, 31), 0), "monthly", 13))
    Cycle 14 falls on 28 Feb 2026: 13 months after 31 Jan 2025, and February 2026 has no 31st
    >>> why_this_day(Anchor(date(2026, 1, 1), 0), "weekly", 0)
    'Cycle 1 falls on 1 Jan 2026, the day from which cycles are counted'
    """
    falls = cycle_day(anchor, frequency, cycle)
    periods = cycle - anchor.cycle
    if periods == 0:
        return f"Cycle {cycle + 1} falls on {day(falls)}, the day from which cycles are counted"
    text = f"Cycle {cycle + 1} falls on {day(falls)}: {span(frequency, periods)} after {day(anchor.day)}"
    if frequency in WEEKS_BETWEEN or falls.day == anchor.day.day:
        return text
    _, length = calendar.monthrange(falls.year, falls.month)
    suffix = "st" if anchor.day.day == 31 else "th"
    month = f"{_FULL_MONTHS[falls.month - 1]} {falls.year}"
    assert falls.day == length
    return f"{text}, and {month} has no {anchor.day.day}{suffix}"
