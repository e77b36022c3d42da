"""What programs write into properties, read strictly: every mistake of a record at once, by property and code.

The forms are those of HubSpot's API: everything may be text; dates are ``2026-03-01`` or milliseconds of a midnight in
UTC, instants ISO 8601 or milliseconds; ``""`` and null empty a property; several options are joined with semicolons,
and a semicolon in front adds to those that are there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import nearest
from kalends.catalog.values import (
    WrongValue,
    is_storable,
    read_bool,
    read_date,
    read_instant,
    read_number,
    read_options,
    read_value,
)

LONGEST_TEXT = 65_536
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_EMAIL = re.compile(r"[^@\s\x00-\x20,;:<>()\[\]\\\"]+@[^@\s.,;:<>()\[\]\\\"]+(\.[^@\s.,;:<>()\[\]\\\"]+)+")
_PLAIN = (str, int, Decimal, bool)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

UNKNOWN_PROPERTY = "PROPERTY_DOESNT_EXIST"
INVALID_OPTION = "INVALID_OPTION"
INVALID_NUMBER = "INVALID_INTEGER"
INVALID_DATE = "INVALID_DATE"
INVALID_EMAIL = "INVALID_EMAIL"
INVALID_TEXT = "INVALID_STRING"
READ_ONLY = "READ_ONLY_VALUE"
NOT_UNIQUE = "CONFLICTING_UNIQUE_VALUE"
REQUIRED = "REQUIRED_FIELD"
REFUSED = "INVALID_VALUE"

_CODES = {
    "number": INVALID_NUMBER,
    "money": INVALID_NUMBER,
    "date": INVALID_DATE,
    "datetime": INVALID_DATE,
    "enumeration": INVALID_OPTION,
    "bool": INVALID_OPTION,
}


class Problem(NamedTuple):
    """What is wrong with one property of a record: its name, the value that was given, a code, and a sentence."""

    property: str
    value: str
    code: str
    message: str


def looks_like_email(text: str) -> bool:
    """Whether a text has the form of an email address.

    >>> looks_like_email("kari@example.com"), looks_like_email("kari@example")
    (True, False)
    """
    return _EMAIL.fullmatch(text) is not None


@dataclass(slots=True)
class Written:
    """The properties of one record as they were understood.

    ``values`` are the typed values by property name (None empties), ``added`` the options to add to those that are
    there, ``problems`` everything that is wrong.
    """

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    added: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    problems: list[Problem] = field(default_factory=list[Problem])

    def wrong(self, name: str, value: object, code: str, message: str) -> None:
        """Note a mistake."""
        shown = "" if value is None else str(value)
        self.problems.append(
            Problem(name, shown if len(shown) <= 200 else f"{shown[:197]}...", code, message)
        )


class Reader:
    """Reads the properties of records of one object, a hundred as quickly as they deserve.

    ``handled`` are properties that only Kalends writes, and that a rule of the object takes as a request all the same
    (the status of an invoice); ``emails`` those that hold addresses.
    """

    def __init__(
        self,
        ctx: AccountContext,
        obj: ObjectType,
        *,
        handled: Collection[str] = (),
        emails: Collection[str] = (),
    ) -> None:
        self._ctx, self._obj, self._handled, self._emails = ctx, obj, handled, emails
        self._plain: dict[str, bool] = {}
        self._understood: dict[tuple[str, str], Any] = {}

    def read(self, given: Mapping[str, object]) -> Written:
        """Everything that a record was given, understood or refused."""
        written = Written()
        for name, raw in given.items():
            plain = self._plain.get(name)
            if plain is None:
                plain = self._plain[name] = self._is_plain(name)
            if type(raw) is not str:
                self._read(name, raw, written)
            elif plain and 0 < len(raw) <= LONGEST_TEXT and is_storable(raw):
                written.values[name] = raw  # as most values are
            elif (name, raw) in self._understood:  # as in the record before
                written.values[name] = self._understood[name, raw]
            else:
                self._read(name, raw, written)
                if name in written.values:
                    self._understood[name, raw] = written.values[name]
        return written

    def _is_plain(self, name: str) -> bool:
        prop = self._obj.by_name.get(name)
        return prop is not None and prop.is_text and "api" in prop.writable_by and name not in self._emails

    def _read(self, name: str, raw: object, written: Written) -> None:
        prop = self._obj.by_name.get(name)
        if prop is None:
            near = nearest(name, self._obj.by_name)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            written.wrong(name, raw, UNKNOWN_PROPERTY, f'Property "{name}" does not exist.{hint}')
        elif "api" not in prop.writable_by and name not in self._handled:
            written.wrong(name, raw, READ_ONLY, f'"{name}" is a read only property; its value cannot be set.')
        elif raw is None or raw == "":
            written.values[name] = None
        else:
            _read(self._ctx, prop, raw, written, is_email=name in self._emails)


def _read(ctx: AccountContext, prop: Property, raw: object, written: Written, *, is_email: bool) -> None:
    value: Any
    try:
        value = _value(ctx, prop, raw)
    except WrongValue as wrong:
        code = _CODES.get(prop.type, INVALID_TEXT)
        written.wrong(
            prop.name, wrong.value, code, f'{wrong.value!r} is no value of "{prop.name}". {wrong.remedy}'
        )
        return
    if is_email:
        value = str(value).strip().lower()
        if not _EMAIL.fullmatch(value) or len(value) > 320:
            written.wrong(prop.name, raw, INVALID_EMAIL, f"Email address {value} is invalid")
            return
    if prop.multiple and isinstance(raw, str) and raw.startswith(";"):
        written.added[prop.name] = value
    else:
        written.values[prop.name] = value


def _value(ctx: AccountContext, prop: Property, raw: object) -> Any:
    if not isinstance(raw, _PLAIN):
        raise WrongValue(
            "a list" if isinstance(raw, list) else "an object", "Give a text, a number, true, false or null."
        )
    match prop.type:
        case "string" | "phone_number":
            return _text(prop, raw)
        case "number" | "money":
            return _number(raw)
        case "date":
            return _date(ctx, prop, raw)
        case "datetime":
            return _instant(raw)
        case "bool":
            return read_bool(raw)
        case "enumeration":
            said = ("true" if raw else "false") if isinstance(raw, bool) else str(raw)
            return read_options(prop, said) if prop.multiple else read_value(prop, said)


def _text(prop: Property, raw: object) -> str:
    text = ("true" if raw else "false") if isinstance(raw, bool) else str(read_value(prop, raw))
    if len(text) > LONGEST_TEXT:
        raise WrongValue(
            f"{text[:40]}...", f"Give at most {LONGEST_TEXT:,} characters; these are {len(text):,}."
        )
    return text


def _number(raw: object) -> Decimal:
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw.strip()):
        raise WrongValue(raw, "Give digits with at most one decimal point.")
    return read_number(raw)


def _milliseconds(raw: object) -> datetime | None:
    if isinstance(raw, bool | Decimal) or not _WHOLE.fullmatch(str(raw).strip()):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(str(raw)))
    except OverflowError:
        raise WrongValue(raw, "Give milliseconds since 1970 within the years 1 to 9999.") from None


def _date(ctx: AccountContext, prop: Property, raw: object) -> date:
    """A day; what HubSpot calls a moment (an invoice's date) may be any, and is taken in the account's time zone."""
    text = str(raw).strip()
    moment = _milliseconds(raw)
    if moment is None and "T" in text:
        moment = read_instant(raw)
    if moment is None:
        return read_date(raw)
    if moment.time() == time(0):
        return moment.date()
    if prop.api_type != "datetime":
        raise WrongValue(raw, "Give a date such as 2026-03-01, or the milliseconds of its midnight in UTC.")
    try:
        return moment.astimezone(ZoneInfo(ctx.time_zone)).date()
    except OverflowError:
        raise WrongValue(raw, "Give a day within the years 1 to 9999.") from None


def _instant(raw: object) -> datetime:
    """A moment with milliseconds, which is what the API shows of it; a day alone is its midnight in UTC."""
    moment = _milliseconds(raw)
    if moment is None:
        text = str(raw).strip()
        if len(text) == len("2026-03-01"):
            return datetime.combine(read_date(raw), time(0), UTC)
        moment = read_instant(raw)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
