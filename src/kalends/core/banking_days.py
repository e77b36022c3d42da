"""Banking days: on which days banks move money, by payment system, and how many of them a bank debit takes.

Holiday lists come from the ``holidays`` library, each chosen by hand:

- ``fed``: its Federal Reserve calendar. (Its calendar of US public holidays would be wrong: it closes Friday
  3 July 2026, but the Reserve Banks do not move a Saturday holiday to Friday.)
- ``uk``: the bank holidays of England and Wales, which Bacs follows.
- ``ca``: the federal list (its category "government"): the ten days on which payments are not exchanged anywhere
  in Canada. Provincial days such as Family Day are not on it; banks process files on them as usual.
- ``target2``: its European Central Bank calendar: 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December
  (with a few other closing days before 2002).
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, lru_cache

FIRST_YEAR = 1999
LAST_YEAR = 2100


class BankingCalendar(StrEnum):
    """Whose closing days count: Federal Reserve, England and Wales, Canada, or the euro system TARGET2."""

    FED = "fed"
    UK = "uk"
    CA = "ca"
    TARGET2 = "target2"


def _holidays(calendar: BankingCalendar, year: int) -> Iterable[date]:
    # Imported here because the library takes a quarter of a second to load and most commands never need it.
    import holidays

    lists: dict[BankingCalendar, Callable[[], Iterable[date]]] = {
        BankingCalendar.FED: lambda: holidays.FED(years=year),
        BankingCalendar.UK: lambda: holidays.UK(subdiv="ENG", years=year),
        BankingCalendar.CA: lambda: holidays.CA(categories=("government",), years=year),
        BankingCalendar.TARGET2: lambda: holidays.ECB(years=year),
    }
    return lists[calendar]()


@cache
def closed_days(calendar: BankingCalendar, year: int) -> frozenset[date]:
    """The Mondays to Fridays of a year on which banks are closed.

    Raises ``ValueError`` for a year before 1999 or after 2100, for which no list is known.

    >>> sorted(day.isoformat() for day in closed_days(BankingCalendar.TARGET2, 2026))
    ['2026-01-01', '2026-04-03', '2026-04-06', '2026-05-01', '2026-12-25']
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(
            f"Banking days of {year} are not known to calendar {calendar}; use a year from {FIRST_YEAR} to {LAST_YEAR}."
        )
    return frozenset(day for day in _holidays(calendar, year) if day.year == year and day.weekday() < 5)


def is_banking_day(day: date, calendar: BankingCalendar) -> bool:
    """Whether banks move money on that day.

    >>> is_banking_day(date(2026, 7, 3), BankingCalendar.FED), is_banking_day(date(2026, 7, 4), BankingCalendar.FED)
    (True, False)
    """
    return day.weekday() < 5 and day not in closed_days(calendar, day.year)


@lru_cache(maxsize=16384)
def add_banking_days(day: date, count: int, calendar: BankingCalendar) -> date:
    """The ``count``-th banking day after ``day`` (before it, if negative).

    The day itself never counts, so a debit submitted on a Saturday has had one banking day at the end of Monday.
    A count of 0 is the day itself if banks are open, else the next day on which they are.

    >>> add_banking_days(date(2026, 7, 2), 4, BankingCalendar.FED).isoformat()
    '2026-07-08'
    >>> add_banking_days(date(2026, 4, 2), 1, BankingCalendar.TARGET2).isoformat()
    '2026-04-07'
    """
    if count == 0:
        return day if is_banking_day(day, calendar) else add_banking_days(day, 1, calendar)
    step = timedelta(1) if count > 0 else timedelta(-1)
    left = abs(count)
    while left:
        day += step
        if is_banking_day(day, calendar):
            left -= 1
    return day


_SETTLEMENT: dict[str, tuple[int, BankingCalendar]] = {
    "ach": (4, BankingCalendar.FED),
    "bacs": (5, BankingCalendar.UK),
    "pads": (5, BankingCalendar.CA),
    "sepa": (5, BankingCalendar.TARGET2),
}

SLOWEST_SETTLEMENT_DAYS: dict[str, int] = {"ach": 4, "bacs": 5, "pads": 5, "sepa": 14}
"""The most banking days that a bank debit may stay processing; SEPA takes 5 on average and up to 14."""

REFUND_DAYS = range(5, 11)
"""How many banking days a refund of a bank debit may take: 5 to 10."""


def _settlement(method: str) -> tuple[int, BankingCalendar]:
    found = _SETTLEMENT.get(method)
    if found is None:
        known = ", ".join(_SETTLEMENT)
        raise ValueError(
            f"Payment method {method!r} is not a bank debit; those that take banking days are {known}."
        )
    return found


def settlement_days(method: str) -> int:
    """How many banking days a bank debit is processing before it succeeds or fails.

    Raises ``ValueError`` for any other method: cards settle at once.

    >>> settlement_days("ach"), settlement_days("sepa")
    (4, 5)
    """
    return _settlement(method)[0]


def settlement_calendar(method: str) -> BankingCalendar:
    """The calendar by which the banking days of a bank debit are counted.

    >>> settlement_calendar("pads")
    <BankingCalendar.CA: 'ca'>
    """
    return _settlement(method)[1]
