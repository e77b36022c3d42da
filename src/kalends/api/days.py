"""Days and moments in bodies of our own: texts of ISO 8601, or milliseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kalends.api.errors import ApiError, invalid
from kalends.core.calendar import start_of_day

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = re.compile(r"-?[0-9]{5,15}")
_LAST_YEAR = 2200
"""Farther ahead nothing is agreed; and schedules from such a day do not leave the calendar."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def day_of(value: object, name: str, time_zone: str) -> date | None:
    """The day that a field names; None where nothing is given. Raises ``ApiError``.

    A midnight in UTC is that day, as everywhere in the API; any other moment is the day that it falls on in the
    account's time zone.

    >>> day_of(1775001600000, "next", "Europe/Oslo"), day_of("2026-03-31T22:00:00Z", "next", "Europe/Oslo")
    (datetime.date(2026, 4, 1), datetime.date(2026, 4, 1))
    """
    if value is None or value == "":
        return None
    try:
        day = _day(value, time_zone)
        if day.year > _LAST_YEAR:
            raise ValueError(day)
    except (ValueError, OverflowError) as problem:
        raise _wrong(
            value, name, "a day such as 2026-03-01, or the milliseconds of its midnight in UTC"
        ) from problem
    return day


def moment_of(value: object, name: str, time_zone: str) -> datetime:
    """The moment that a field names; a day is its first moment in the account's time zone. Raises ``ApiError``.

    >>> moment_of("2026-03-01", "to", "Europe/Helsinki").isoformat()
    '2026-02-28T22:00:00+00:00'
    """
    try:
        if isinstance(value, str) and _DAY.fullmatch(value.strip()):
            return start_of_day(date.fromisoformat(value.strip()), time_zone)
        moment = _moment(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(time_zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise _wrong(
            value, name, "a moment such as 2026-03-01T12:00, or its milliseconds since 1970"
        ) from problem


def _day(value: object, time_zone: str) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        return date.fromisoformat(value.strip())
    moment = _moment(value)
    if moment.tzinfo is None:
        return moment.date()
    at = moment.astimezone(UTC)
    return at.date() if at.time() == time(0) else at.astimezone(ZoneInfo(time_zone)).date()


def _moment(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(value)  # noqa: TRY004 - a wrong value, as any other
    text = str(value).strip()
    if _MILLISECONDS.fullmatch(text):
        return _EPOCH + timedelta(milliseconds=int(text))
    return datetime.fromisoformat(text)


def _wrong(value: object, name: str, wanted: str) -> ApiError:
    message = f"{name} is {str(value)[:60]!r}; give {wanted}."
    return invalid(message, errors=[{"message": message, "in": name, "code": "INVALID_DATE"}])
