"""How finely a report divides time: days, weeks from Monday, months, quarters and years, and what each is called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from babel import Locale
from babel.dates import format_date

from kalends.catalog.model import Text

_LOCALES = ("en_GB", "nb_NO", "fi_FI")
_DAY = timedelta(days=1)


class Every(StrEnum):
    """The length of a bucket."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


_MONTHS = {Every.MONTHLY: 1, Every.QUARTERLY: 3, Every.YEARLY: 12}

MONTHS_OF = {Every.DAILY: Fraction(12, 365), Every.WEEKLY: Fraction(12, 52), **_MONTHS}
"""How many months a whole bucket is."""

EVERY_LABELS = {
    Every.DAILY: Text("Daily", "Daglig", "Päivittäin"),
    Every.WEEKLY: Text("Weekly", "Ukentlig", "Viikoittain"),
    Every.MONTHLY: Text("Monthly", "Månedlig", "Kuukausittain"),
    Every.QUARTERLY: Text("Quarterly", "Kvartalsvis", "Neljännesvuosittain"),
    Every.YEARLY: Text("Yearly", "Årlig", "Vuosittain"),
}


class Bucket(NamedTuple):
    """Days from the first to the last, both included; the first and the last bucket of a report may be cut short."""

    first: date
    last: date


def begin(day: date, every: Every) -> date:
    """The first day of the week, month, quarter or year of a day.

    >>> begin(date(2026, 5, 14), Every.QUARTERLY), begin(date(2026, 5, 14), Every.WEEKLY)
    (datetime.date(2026, 4, 1), datetime.date(2026, 5, 11))
    """
    if every is Every.DAILY:
        return day
    if every is Every.WEEKLY:
        return day - timedelta(days=day.weekday())
    months = _MONTHS[every]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def following(start: date, every: Every) -> date:
    """The first day of the bucket after the one that begins on ``start``.

    >>> following(date(2026, 12, 1), Every.MONTHLY)
    datetime.date(2027, 1, 1)
    """
    if every in (Every.DAILY, Every.WEEKLY):
        return start + timedelta(days=1 if every is Every.DAILY else 7)
    month = start.month - 1 + _MONTHS[every]
    return date(start.year + month // 12, month % 12 + 1, 1)


def buckets(first: date, last: date, every: Every) -> list[Bucket]:
    """The buckets that days from ``first`` to ``last`` fall into.

    >>> [(each.first.day, each.last.day) for each in buckets(date(2026, 1, 30), date(2026, 2, 3), Every.WEEKLY)]
    [(30, 1), (2, 3)]
    """
    return list(_buckets(first, last, every))


def _buckets(first: date, last: date, every: Every) -> Iterator[Bucket]:
    while first <= last:
        after = following(begin(first, every), every)
        yield Bucket(first, min(last, after - _DAY))
        first = after


def how_many(first: date, last: date, every: Every) -> int:
    """About how many buckets there would be, without making them; never fewer than there are."""
    days = {Every.DAILY: 1, Every.WEEKLY: 7, Every.MONTHLY: 28, Every.QUARTERLY: 90, Every.YEARLY: 365}
    return max(0, (last - first).days) // days[every] + 2


_SKELETONS = {
    Every.DAILY: ("d MMM yyyy", "d. MMM yyyy", "d.M.yyyy"),
    Every.WEEKLY: ("d MMM yyyy", "d. MMM yyyy", "d.M.yyyy"),
    Every.MONTHLY: ("LLL yyyy", "LLL yyyy", "LLL yyyy"),
    Every.QUARTERLY: ("QQQ yyyy", "QQQ yyyy", "QQQ yyyy"),
    Every.YEARLY: ("yyyy", "yyyy", "yyyy"),
}


def label(day: date, every: Every) -> Text:
    """What the bucket of a day is called: a week by its Monday.

    >>> label(date(2026, 3, 14), Every.MONTHLY).en, label(date(2026, 3, 14), Every.WEEKLY).no
    ('Mar 2026', '9. mars 2026')
    """
    start = begin(day, every)
    patterns = zip(_SKELETONS[every], _LOCALES, strict=True)
    return Text(
        *(format_date(start, format=pattern, locale=Locale.parse(locale)) for pattern, locale in patterns)
    )
