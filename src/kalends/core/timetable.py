"""Moments by the clock on the wall: times of a day, days of a week, hours in which work is done.

Everything is reckoned in a time zone (an IANA name), and instants are in UTC. A time that the clocks skip in spring is
taken at their jump, one that they repeat in autumn the first time (:func:`kalends.core.calendar.wall_instant`).
"""

import calendar
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from kalends.core.calendar import local_date, wall_instant

EVERY_DAY = frozenset(range(1, 8))
"""Days of the week are numbered from Monday, 1, to Sunday, 7."""

Every = Literal["day", "week", "month"]


class Window(NamedTuple):
    """Hours of some days of the week: from ``begins`` until before ``ends``, which comes later on the same day."""

    days: frozenset[int]
    begins: time
    ends: time

    def holds(self, at: datetime, time_zone: str) -> bool:
        """Whether an instant lies in it.

        >>> week = Window(frozenset({1, 2, 3, 4, 5}), time(8), time(16))
        >>> week.holds(datetime.fromisoformat("2026-03-02T07:30:00+00:00"), "Europe/Oslo")
        True
        """
        wall = at.astimezone(ZoneInfo(time_zone))
        return wall.isoweekday() in self.days and self.begins <= wall.time() < self.ends

    def opens(self, at: datetime, time_zone: str) -> datetime:
        """The first instant from ``at`` on that lies in it: ``at`` itself, or the next beginning.

        >>> week = Window(frozenset({1, 2, 3, 4, 5}), time(8), time(16))
        >>> week.opens(datetime.fromisoformat("2026-03-06T15:00:00+00:00"), "Europe/Oslo").isoformat()
        '2026-03-09T07:00:00+00:00'
        """
        if self.holds(at, time_zone):
            return at
        return next_time(self.days, self.begins, at, time_zone)


class Rhythm(NamedTuple):
    """Every day, every week or every month, at a time of the day.

    ``on`` is the day of the week or of the month. A month that is too short has its last day instead.
    """

    every: Every
    at: time
    on: int = 1

    def falls_on(self, day: date) -> bool:
        """Whether a day is one of its days.

        >>> Rhythm("month", time(9), 31).falls_on(date(2026, 2, 28))
        True
        """
        if self.every == "week":
            return day.isoweekday() == self.on
        if self.every == "month":
            return day.day == min(self.on, calendar.monthrange(day.year, day.month)[1])
        return True

    def after(self, instant: datetime, time_zone: str) -> datetime:
        """Its first moment after an instant.

        >>> Rhythm("month", time(9), 31).after(datetime.fromisoformat("2026-02-01T00:00:00+00:00"), "UTC").isoformat()
        '2026-02-28T09:00:00+00:00'
        """
        day = local_date(instant, time_zone)
        while True:
            if self.falls_on(day):
                moment = wall_instant(day, self.at, time_zone)
                if moment > instant:
                    return moment
            day += timedelta(days=1)


def next_time(days: frozenset[int], at: time, after: datetime, time_zone: str) -> datetime:
    """The first moment after an instant at which clocks show a time, on one of these days of the week.

    >>> next_time(EVERY_DAY, time(9), datetime.fromisoformat("2026-03-28T12:00:00+00:00"), "Europe/Oslo").isoformat()
    '2026-03-29T07:00:00+00:00'
    """
    assert days, "no day of the week was given"
    day = local_date(after, time_zone)
    while True:
        if day.isoweekday() in days:
            moment = wall_instant(day, at, time_zone)
            if moment > after:
                return moment
        day += timedelta(days=1)
