"""Dates: billing frequencies, the n-th due date, terms, delayed starts, and the instants at which a day begins.

A date that a business means is a ``date`` in the account's time zone; an instant is a ``datetime`` in UTC.

One rule carries the rest: **the n-th due date is computed from the anchor and n, never from the date before it.**
Stepping from one clamped date to the next would turn 31 January into the 28th of every later month.

Cycles are numbered from 0: cycle 0 begins on the anchor (the start date), cycle n on the n-th due date.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

FIRST_CHARGE_HOUR = 7
"""Local hour at which the charges and invoices of a day begin."""


class Frequency(StrEnum):
    """How often a subscription is billed: every ``count`` units of ``unit`` ('week' or 'month').

    ``months`` and ``days`` say the same for arithmetic; one of the two is zero.

    >>> Frequency("quarterly").unit, Frequency.QUARTERLY.count, Frequency.BIWEEKLY.days
    ('month', 3, 14)
    """

    unit: str
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    months: int
    days: int

    def __new__(cls, value: str, unit: str, count: int) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.unit = unit
        member.count = count
        member.months = count if unit == "month" else 0
        member.days = 7 * count if unit == "week" else 0
        return member

    WEEKLY = "weekly", "week", 1
    BIWEEKLY = "biweekly", "week", 2
    MONTHLY = "monthly", "month", 1
    QUARTERLY = "quarterly", "month", 3
    PER_SIX_MONTHS = "per_six_months", "month", 6
    ANNUALLY = "annually", "month", 12
    PER_TWO_YEARS = "per_two_years", "month", 24
    PER_THREE_YEARS = "per_three_years", "month", 36
    PER_FOUR_YEARS = "per_four_years", "month", 48
    PER_FIVE_YEARS = "per_five_years", "month", 60


class UnknownTimeZone(ValueError):
    """The name is not one of the IANA time zones."""


_DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _add_months(anchor: date, months: int) -> date:
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = anchor.day
    if day > 28:
        last = _DAYS_IN_MONTH[month]
        if month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            last = 29
        day = min(day, last)
    return date(year, month + 1, day)


def due_date(anchor: date, frequency: Frequency, n: int) -> date:
    """The day on which cycle ``n`` begins and is due: ``n`` periods after the anchor (before it, if negative).

    In months that lack the anchor's day, the last day of the month is taken; the next longer month has the
    anchor's day again.

    >>> [due_date(date(2026, 1, 31), Frequency.MONTHLY, n).isoformat() for n in range(4)]
    ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']
    >>> [due_date(date(2024, 2, 29), Frequency.ANNUALLY, n).isoformat() for n in (1, 4)]
    ['2025-02-28', '2028-02-29']
    """
    if frequency.months:
        return _add_months(anchor, frequency.months * n)
    return anchor + timedelta(frequency.days * n)


def cycle_period(anchor: date, frequency: Frequency, n: int) -> tuple[date, date]:
    """First day of cycle ``n`` and first day after it: half-open, so that cycles touch and never overlap.

    >>> [day.isoformat() for day in cycle_period(date(2026, 1, 31), Frequency.MONTHLY, 1)]
    ['2026-02-28', '2026-03-31']
    """
    return due_date(anchor, frequency, n), due_date(anchor, frequency, n + 1)


def end_date(anchor: date, frequency: Frequency, payments: int) -> date:
    """The day on which a fixed term is over: ``payments`` periods after the anchor.

    It is the day after the last paid period, not the day of the last charge, which is one period earlier.

    >>> end_date(date(2026, 3, 1), Frequency.MONTHLY, 6).isoformat()
    '2026-09-01'
    """
    _require_payments(payments)
    return due_date(anchor, frequency, payments)


def _require_payments(payments: int) -> None:
    if payments < 1:
        raise ValueError(f"Number of payments {payments} is below 1; a fixed term has at least one payment.")


_TERM = re.compile(r"P(?:(?:(?P<years>[0-9]{1,4})Y)?(?:(?P<months>[0-9]{1,5})M)?|(?P<weeks>[0-9]{1,5})W)")


def number_of_payments(term: str, frequency: Frequency) -> int:
    """How many payments a term of that length holds; the term is an ISO 8601 duration (P1Y, P18M, P1Y6M, P26W).

    Raises ``ValueError`` for what is no such duration, and for one that is no whole number of billing periods
    (years and months have no whole number of weeks, nor the other way round).

    >>> number_of_payments("P1Y", Frequency.MONTHLY), number_of_payments("P1Y6M", Frequency.QUARTERLY)
    (12, 6)
    """
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(
            f"Term {term!r} is not a duration in years, months or weeks; write it like 'P12M' or 'P2Y'."
        )
    months = 12 * int(match["years"] or 0) + int(match["months"] or 0)
    days = 7 * int(match["weeks"] or 0)
    length, period = (months, frequency.months) if frequency.months else (days, frequency.days)
    payments, rest = divmod(length, period)
    if payments == 0 or rest:
        raise ValueError(
            f"Term {term!r} is not a whole number of {frequency} periods; use a multiple of {term_of(1, frequency)}."
        )
    return payments


def term_of(payments: int, frequency: Frequency) -> str:
    """The length of so many payments as an ISO 8601 duration, in the unit in which the frequency is named.

    >>> term_of(12, Frequency.MONTHLY), term_of(2, Frequency.PER_TWO_YEARS), term_of(3, Frequency.BIWEEKLY)
    ('P12M', 'P4Y', 'P6W')
    """
    _require_payments(payments)
    if frequency.days:
        return f"P{frequency.count * payments}W"
    if frequency.months % 12:
        return f"P{frequency.months * payments}M"
    return f"P{frequency.months // 12 * payments}Y"


def resolve_start(
    checkout: date, *, on: date | None = None, delay_days: int | None = None, delay_months: int | None = None
) -> date:
    """The date on which billing starts: at checkout, on a given date, or so many days or months after checkout.

    Raises ``ValueError`` if more than one way is given, or a negative delay.

    >>> resolve_start(date(2026, 1, 31), delay_months=1).isoformat()
    '2026-02-28'
    """
    given = [
        f"{name}={value}"
        for name, value in (("on", on), ("delay_days", delay_days), ("delay_months", delay_months))
        if value is not None
    ]
    if len(given) > 1:
        raise ValueError(f"The start is given in more than one way ({', '.join(given)}); give one, or none.")
    if (delay_days or 0) < 0 or (delay_months or 0) < 0:
        raise ValueError(f"The delay {given[0]} is negative; give 0 or more, or a start date.")
    if on is not None:
        return on
    if delay_days is not None:
        return checkout + timedelta(delay_days)
    return _add_months(checkout, delay_months or 0)


def cycles_due(
    anchor: date, frequency: Frequency, first_cycle: int, today: date, payments: int | None
) -> range:
    """The cycles that have begun and are not yet billed, oldest first.

    They reach from ``first_cycle`` (the next one to bill) to the last that is due on or before ``today``; a fixed
    number of payments ends them, its cycles being 0 to ``payments - 1``.

    >>> list(cycles_due(date(2026, 1, 31), Frequency.MONTHLY, 1, date(2026, 4, 1), None))
    [1, 2]
    >>> list(cycles_due(date(2026, 1, 31), Frequency.MONTHLY, 1, date(2026, 4, 1), 2))
    [1]
    """
    if frequency.months:
        months_between = (today.year - anchor.year) * 12 + today.month - anchor.month
        last = months_between // frequency.months
        if due_date(anchor, frequency, last) > today:
            last -= 1
    else:
        last = (today - anchor).days // frequency.days
    stop = last + 1 if payments is None else min(last + 1, payments)
    return range(first_cycle, max(first_cycle, stop))


def cycles_before(anchor: date, frequency: Frequency, day: date) -> int:
    """How many cycles fall due before ``day``: those that were billed elsewhere, if we bill from that day on.

    >>> cycles_before(date(2025, 11, 15), Frequency.MONTHLY, date(2026, 1, 15))
    2
    """
    return len(cycles_due(anchor, frequency, 0, day - timedelta(1), None))


@lru_cache(maxsize=1024)
def _zone(time_zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise UnknownTimeZone(
            f"Time zone {time_zone!r} is not known; use an IANA name such as 'Europe/Oslo'."
        ) from error


@lru_cache(maxsize=8192)
def billing_instant(day: date, time_zone: str, hour: int = FIRST_CHARGE_HOUR) -> datetime:
    """The UTC instant at which the charges of a local day may begin: ``hour`` o'clock in the account's zone.

    An hour that the clocks skip begins when they jump; an hour that they repeat begins the first time.

    >>> billing_instant(date(2026, 3, 28), "Europe/Oslo").isoformat()
    '2026-03-28T06:00:00+00:00'
    >>> billing_instant(date(2026, 3, 29), "Europe/Oslo").isoformat()
    '2026-03-29T05:00:00+00:00'
    """
    return wall_instant(day, time(hour), time_zone)


def wall_instant(day: date, at: time, time_zone: str) -> datetime:
    """The UTC instant at which clocks on the walls of a zone show a time of a day.

    A time that the clocks skip is taken at their jump; one that they repeat the first time.

    >>> wall_instant(date(2026, 3, 29), time(2, 30), "Europe/Oslo").isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    zone = _zone(time_zone)
    wall = datetime.combine(day, at)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _moment_of_jump(wall, zone, first)


def _moment_of_jump(wall: datetime, zone: ZoneInfo, after: datetime) -> datetime:
    """When clocks skip ``wall``, the instant at which they do; ``after`` is at or past it.

    Before the jump clocks show less than ``wall`` and from it on more, so a search by halves finds the second.
    """
    start = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    below, above = 0, int((after - start).total_seconds())
    while below < above:
        middle = (below + above) // 2
        shown = (start + timedelta(seconds=middle)).astimezone(zone).replace(tzinfo=None)
        if shown < wall:
            below = middle + 1
        else:
            above = middle
    return start + timedelta(seconds=below)


def start_of_day(day: date, time_zone: str) -> datetime:
    """The UTC instant at which a local day begins, which is not always at midnight.

    >>> start_of_day(date(2026, 3, 1), "Europe/Helsinki").isoformat()
    '2026-02-28T22:00:00+00:00'
    """
    return billing_instant(day, time_zone, 0)


def local_date(instant: datetime, time_zone: str) -> date:
    """The date that a calendar on the wall in that zone shows at an instant.

    Raises ``ValueError`` for a ``datetime`` without a zone, since it names no instant.

    >>> local_date(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), "Europe/Oslo").isoformat()
    '2026-03-02'
    """
    if instant.tzinfo is None:
        raise ValueError(f"Instant {instant.isoformat()} has no time zone; give it one, for example UTC.")
    return instant.astimezone(_zone(time_zone)).date()
