"""Values as text: what people, files and programs write for a property, read strictly.

The text forms are those of HubSpot's API: numbers with a point, ``true`` and ``false``, dates as ``2026-03-01``,
instants as ISO 8601 with a zone, several values joined by semicolons; instants and dates also as milliseconds
since 1970 (a date: of its midnight in UTC).
"""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from kalends.catalog.model import Property
from kalends.catalog.registry import suggestion
from kalends.core.currencies import MINOR_DIGITS

Value = str | Decimal | date | datetime | bool | tuple[str, ...]

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_MILLISECONDS = re.compile(r"-?\d{9,15}")
_LONGEST_NUMBER = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WrongValue(ValueError):
    """A text that is no value of its property: ``value`` is the text, ``remedy`` says what would be right."""

    def __init__(self, value: object, remedy: str) -> None:
        super().__init__(f"{value!r} is not right: {remedy}")
        self.value = str(value)
        self.remedy = remedy


def read_value(prop: Property, raw: object) -> Value:
    """The value that ``raw`` (text, or what JSON holds) means for a property. Raises :class:`WrongValue`.

    >>> from kalends.catalog import get_object, get_property
    >>> subscription = get_object("subscription")
    >>> read_value(get_property(subscription, "hs_mrr"), "49.90")
    Decimal('49.90')
    >>> read_value(get_property(subscription, "hs_status"), "cancelled")
    Traceback (most recent call last):
    ...
    kalends.catalog.values.WrongValue: 'cancelled' is not right: Did you mean 'canceled'?
    """
    match prop.type:
        case "number" | "money":
            return read_number(raw)
        case "date":
            return read_date(raw)
        case "datetime":
            return read_instant(raw)
        case "bool":
            return read_bool(raw)
        case "enumeration":
            return read_options(prop, raw) if prop.multiple else read_option(prop, raw)
        case "string" | "phone_number":
            return read_text(raw)


def is_storable(text: str) -> bool:
    """Whether a text has only characters that the database takes: neither NUL nor half of a pair.

    >>> is_storable("Ærlig"), is_storable("a" + chr(0)), is_storable(chr(0xD800))
    (True, False, False)
    """
    return _NO_TEXT.search(text) is None


def read_text(raw: object) -> str:
    """A text that can be stored."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise WrongValue(raw, "Give a text.")
    text = str(raw)
    if not is_storable(text):
        raise WrongValue(text.encode("unicode_escape").decode(), "Take out the characters that are no text.")
    return text


def read_number(raw: object) -> Decimal:
    """A finite decimal number of at most 40 digits."""
    remedy = "Give a number such as 12 or 12.50, with a point and without spaces."
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise WrongValue(raw, remedy)
    try:
        number = Decimal(repr(raw) if isinstance(raw, float) else str(raw).strip())
    except InvalidOperation:
        raise WrongValue(raw, remedy) from None
    if not number.is_finite():
        raise WrongValue(raw, remedy)
    exponent = int(number.as_tuple().exponent)
    if max(number.adjusted(), -exponent, len(number.as_tuple().digits)) > _LONGEST_NUMBER:
        raise WrongValue(raw, f"Give a number of at most {_LONGEST_NUMBER} digits.")
    return number


def read_date(raw: object) -> date:
    """A date, as ``2026-03-01`` or as milliseconds of its midnight in UTC."""
    remedy = "Give a date as year-month-day, such as 2026-03-01."
    text = _plain_text(raw, remedy)
    if _MILLISECONDS.fullmatch(text):
        return _from_milliseconds(text, raw).date()
    parts = _DATE.fullmatch(text)
    if parts is None:
        raise WrongValue(raw, remedy)
    year, month, day = map(int, parts.groups())
    if not 1 <= month <= 12 or not 1 <= year <= 9999:
        raise WrongValue(raw, remedy)
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise WrongValue(raw, f"{month_name[month]} {year} has the days 1 to {last}.")
    return date(year, month, day)


def read_instant(raw: object) -> datetime:
    """A moment in UTC, from ISO 8601 with a zone or from milliseconds."""
    remedy = "Give a moment with its zone, such as 2026-03-01T07:00:00Z."
    text = _plain_text(raw, remedy)
    if _MILLISECONDS.fullmatch(text):
        return _from_milliseconds(text, raw)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or len(text) <= len("2026-03-01"):
            raise WrongValue(raw, remedy)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise WrongValue(raw, remedy) from problem


def _plain_text(raw: object, remedy: str) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise WrongValue(raw, remedy)
    return str(raw).strip()


def _from_milliseconds(text: str, raw: object) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=int(text))
    except OverflowError:
        raise WrongValue(raw, "Give milliseconds since 1970 within the years 1 to 9999.") from None


def read_bool(raw: object) -> bool:
    """Yes or no, as ``true`` or ``false``."""
    if isinstance(raw, bool):
        return raw
    found = {"true": True, "false": False}.get(str(raw).strip().lower())
    if found is None:
        raise WrongValue(raw, "Give true or false.")
    return found


def read_option(prop: Property, raw: object) -> str:
    """One value of an enumeration."""
    value = read_text(raw).strip()
    if not value:
        raise WrongValue(raw, "Give one of the property's values.")
    if prop.options_from == "currencies":
        if value not in MINOR_DIGITS:
            raise WrongValue(
                raw, "Give a currency of ISO 4217 by its three capital letters, such as EUR or NOK."
            )
    elif prop.options_from is None:
        known = [option.value for option in prop.options]
        if value not in known:
            raise WrongValue(raw, suggestion(value, known))
    return value


def read_options(prop: Property, raw: object) -> tuple[str, ...]:
    """Several values of an enumeration, joined with semicolons, each once."""
    parts = [part.strip() for part in read_text(raw).split(";")]
    return tuple(dict.fromkeys(read_option(prop, part) for part in parts if part))
