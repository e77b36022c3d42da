"""Dates with a time of day as people type them: in the account's time zone, to the minute.

Browsers give what ``<input type="datetime-local">`` holds, such as 2026-03-01T14:30, without a zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kalends.staff import formatting
from kalends.staff.refusals import Refused


def typed(value: datetime, time_zone: str) -> str:
    """An instant as the field has it.

    >>> typed(datetime(2026, 7, 1, 12, 5, 9, tzinfo=UTC), "Europe/Oslo")
    '2026-07-01T14:05'
    """
    return value.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None).isoformat(timespec="minutes")


def read(text: str, time_zone: str, before: datetime | None = None) -> datetime:
    """What was typed, as an instant; what reads as ``before`` does is ``before``, with its seconds.

    When clocks are set back, an hour comes twice: the first one is meant, unless the second stood there.
    Raises :class:`Refused` for what is no date with a time, and for a time that clocks skip.

    >>> read("2026-07-01T14:05", "Europe/Oslo").isoformat()
    '2026-07-01T12:05:00+00:00'
    >>> read("2026-10-25T02:30", "Europe/Oslo").isoformat()
    '2026-10-25T00:30:00+00:00'
    >>> read("2026-10-25T02:30", "Europe/Oslo", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)).isoformat()
    '2026-10-25T01:30:00+00:00'
    """
    if before is not None and typed(before, time_zone) == text:
        return before
    try:
        wall = datetime.fromisoformat(text)
        if wall.tzinfo is not None or "T" not in text:
            raise Refused(_("Give a date and a time."))
        instant = wall.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
        shown = instant.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Refused(_("Give a date and a time.")) from None
    if shown != wall:
        raise Refused(
            _(
                "On %(day)s clocks in %(zone)s go straight past %(time)s. Give a time before or after the jump."
            )
            % {"day": formatting.day(wall.date()), "time": f"{wall:%H:%M}", "zone": time_zone}
        )
    return instant
