"""Moments and durations as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kalends.core.calendar import UnknownTimeZone, resolve_start, start_of_day
from kalends.platform.errors import UserFacing

_DURATION = re.compile(r"(?:(\d{1,4})y)?(?:(\d{1,5})mo)?(?:(\d{1,5})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?", re.I)


def plus_duration(now: datetime, duration: str, time_zone: str) -> datetime:
    """The instant a duration later; days and longer keep the hour on the wall. Raises UserFacing.

    >>> moment = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
    >>> plus_duration(moment, "1mo", "Europe/Oslo").isoformat()
    '2026-02-28T11:00:00+00:00'
    >>> plus_duration(moment, "2mo1d12h", "Europe/Oslo").isoformat()
    '2026-04-01T22:00:00+00:00'
    """
    match = _DURATION.fullmatch(duration.strip())
    if match is None or not any(match.groups()):
        raise UserFacing(
            "This is not a duration.",
            where="DURATION",
            value=repr(duration),
            remedy="Write it like 12h, 3d, 2w, 1mo, 1y, or several together, the longest first: 1mo3d.",
        )
    years, months, weeks, days, hours = (int(part or 0) for part in match.groups())
    try:
        wall = now.astimezone(ZoneInfo(time_zone))
        later = resolve_start(wall.date(), delay_months=12 * years + months) + timedelta(
            weeks=weeks, days=days
        )
        moved = datetime.combine(later, wall.timetz()).astimezone(UTC)
        return moved + timedelta(hours=hours)
    except (ValueError, OverflowError) as problem:
        raise UserFacing(
            "This leads beyond the calendar.",
            where="DURATION",
            value=repr(duration),
            remedy="Give a shorter one.",
        ) from problem


def parse_moment(text: str, time_zone: str) -> datetime:
    """The instant that ``2026-03-01`` (its first moment) or ``2026-03-01T12:00`` means there.

    Raises UserFacing, and ``UnknownTimeZone`` for the zone.

    >>> parse_moment("2026-03-01", "Europe/Helsinki").isoformat()
    '2026-02-28T22:00:00+00:00'
    >>> parse_moment("2026-03-01T12:00", "Europe/Helsinki").isoformat()
    '2026-03-01T10:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2026-03-01"):
            return start_of_day(moment.date(), time_zone)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(time_zone))
        return moment.astimezone(UTC)
    except UnknownTimeZone:
        raise
    except (
        ValueError,
        OverflowError,
    ) as problem:  # in UTC the first and last days may lie beyond the calendar
        raise UserFacing(
            "This is not a date that exists.",
            where="DATE",
            value=f"{text!r}: {problem}",
            remedy="Write it like 2026-03-01, or with an hour: 2026-03-01T12:00.",
        ) from problem
