"""Cells as records take them: days and numbers from the file's way of writing, options from the words people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.model import Property
from kalends.crm.owners import owners
from kalends.exports.make import people_of
from kalends.exports.values import restored_text
from kalends.imports.plan import Plan
from kalends.imports.problems import BadCell
from kalends.imports.sheets import Cell, is_broken, printable, shown

_NUMBERS = {
    ".": re.compile(r"[+-]?(\d{1,3}(?:[ ,'\u00a0\u202f]\d{3})+|\d+)(\.\d+)?"),
    ",": re.compile(r"[+-]?(\d{1,3}(?:[ .'\u00a0\u202f]\d{3})+|\d+)(,\d+)?"),
}
_BETWEEN_DIGITS = re.compile(r"[ .,'\u00a0\u202f](?=\d{3})")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?")
_DATES = {
    "DD.MM.YYYY": (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})"), "dmy"),
    "DD/MM/YYYY": (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})"), "dmy"),
    "MM/DD/YYYY": (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})"), "mdy"),
}
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "ja", "sant", "kyllä", "tosi", "1", "x"), "true"),
    **dict.fromkeys(("false", "no", "nei", "usant", "ei", "epätosi", "0"), "false"),
}
_INTERVALS = {
    "week": "weekly",
    "2 weeks": "biweekly",
    "month": "monthly",
    "3 months": "quarterly",
    "quarter": "quarterly",
    "6 months": "per_six_months",
    "year": "annually",
    "12 months": "annually",
    "2 years": "per_two_years",
    "3 years": "per_three_years",
}
"""How other systems, Stripe among them, call frequencies."""
_FREQUENCIES = ("hs_recurring_billing_frequency", "recurringbillingfrequency")
_WORDS = {"hs_latest_status": {"paid": "succeeded", "refunded": "refunded"}}
_ENDED = frozenset({"canceled", "cancelled", "expired", "incomplete", "incomplete_expired"})


@dataclass(slots=True)
class CellReader:
    """Reads the cells of a file for an account. ``people`` are names and addresses of users, by kind, in lower case."""

    ctx: AccountContext
    plan: Plan
    people: Mapping[str, Mapping[str, str]]
    _words: dict[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def read(self, prop: Property, heading: str, cell: Cell) -> str:
        """A filled cell in the form that records take. Raises ``BadCell`` with what would be right."""
        refuse_broken(self.plan, heading, cell)
        match prop.type:
            case "number" | "money":
                return self._number(heading, cell)
            case "date":
                return self._moment(heading, cell).date().isoformat()
            case "datetime":
                return self._instant(heading, cell)
            case "bool":
                text = shown(cell).strip()
                return _BOOLEANS.get(text.casefold(), text)
            case "enumeration":
                return self._choice(prop, shown(cell).strip())
            case _:
                return restored_text(shown(cell).strip())

    def _number(self, heading: str, cell: Cell) -> str:
        if isinstance(cell, Decimal):
            return f"{cell:f}"
        text, decimal = shown(cell).strip().replace("\N{MINUS SIGN}", "-"), self.plan.decimal
        if not _NUMBERS[decimal].fullmatch(text):
            example = f"1234{decimal}50"
            raise BadCell(
                heading, text, f"Give a number such as {example}, or choose the other decimal sign."
            )
        whole, sign, decimals = text.partition(decimal)
        return _BETWEEN_DIGITS.sub("", whole) + ("." if sign else "") + decimals

    def _instant(self, heading: str, cell: Cell) -> str:
        zone = UTC if heading.rstrip().endswith("(UTC)") else ZoneInfo(self.ctx.time_zone)
        moment = self._moment(heading, cell)
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).isoformat()
        except OverflowError:
            raise BadCell(heading, shown(cell), "Give a moment within the years 1 to 9999.", "date") from None

    def _moment(self, heading: str, cell: Cell) -> datetime:
        if isinstance(cell, datetime):
            return cell
        if isinstance(cell, date):
            return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - its zone is the reader's to say
        text = shown(cell).strip()
        found = read_moment(text, self.plan.dates)
        if found is None:
            raise BadCell(
                heading,
                text,
                f"Give a date as {self.plan.dates} or 2026-03-01, or choose another format.",
                "date",
            )
        return found

    def _choice(self, prop: Property, text: str) -> str:
        words = self._words.get(prop.name)
        if words is None:
            words = self._words[prop.name] = self._words_of(prop)
        if prop.multiple:
            return ";".join(words.get(part.strip().casefold(), part.strip()) for part in text.split(";"))
        if prop.options_from == "currencies":
            return text.upper()
        text = restored_text(text)
        return words.get(text.casefold(), text)

    def _words_of(self, prop: Property) -> Mapping[str, str]:
        words = dict(self.people.get(prop.options_from or "", {}))
        for option in prop.options:
            for label in option.label:
                words.setdefault(label.casefold(), option.value)
        words |= {option.value.casefold(): option.value for option in prop.options}
        if prop.name in _FREQUENCIES:
            words |= _INTERVALS
        return {**words, **_WORDS.get(prop.name, {})}


def reader_for(db: Connection[Any], ctx: AccountContext, plan: Plan) -> CellReader:
    """A reader that knows the account's people. Two of the same name are told apart by address alone."""
    people: dict[str, dict[str, str]] = {}
    for kind, names in people_of(db, ctx.id).items():
        given = [name.casefold() for name in names.values()]
        people[kind] = {
            name.casefold(): value for value, name in names.items() if given.count(name.casefold()) == 1
        }
    people.setdefault("owners", {}).update(
        {each.email.casefold(): str(each.id) for each in owners(db, ctx, limit=10_000)}
    )
    return CellReader(ctx, plan, people)


def goes_on(cell: Cell) -> bool:
    """Whether a status is one of a subscription that goes on.

    >>> goes_on("active"), goes_on("Canceled"), goes_on("past_due"), goes_on("Utløpt")
    (True, False, True, False)
    """
    return shown(cell).strip().casefold() not in _ended_words()


@lru_cache(maxsize=1)
def _ended_words() -> frozenset[str]:
    from kalends.catalog.objects.subscription import SUBSCRIPTION

    options = SUBSCRIPTION.by_name["hs_status"].options
    labels = {
        label.casefold() for each in options if each.value in ("canceled", "expired") for label in each.label
    }
    return _ENDED | labels


def refuse_broken(plan: Plan, heading: str, cell: Cell) -> None:
    """Refuse bytes that are no letters. Raises ``BadCell``."""
    if isinstance(cell, str) and is_broken(cell):
        raise BadCell(
            heading, printable(cell), f"This is not {plan.encoding}: choose another encoding.", "encoding"
        )


def read_moment(text: str, dates: str) -> datetime | None:
    """A date with or without a time, in the chosen format or as ISO 8601 writes it; None for anything else.

    >>> read_moment("31.12.2025", "DD.MM.YYYY"), read_moment("2025-12-31 14:05", "DD.MM.YYYY")
    (datetime.datetime(2025, 12, 31, 0, 0), datetime.datetime(2025, 12, 31, 14, 5))
    >>> read_moment("12/31/2025", "DD/MM/YYYY") is None
    True
    """
    try:
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text)
        if dates not in _DATES:
            return None
        pattern, order = _DATES[dates]
        day_text, _, time_text = text.partition(" ")
        found, clock = pattern.fullmatch(day_text), _TIME.fullmatch(time_text or "0:00")
        if found is None or clock is None:
            return None
        first, second, year = map(int, found.groups())
        day, month = (first, second) if order == "dmy" else (second, first)
        hour, minute, seconds = (int(each or 0) for each in clock.groups())
        return datetime(year, month, day, hour, minute, seconds)  # noqa: DTZ001 - its zone is the reader's to say
    except ValueError:
        return None
