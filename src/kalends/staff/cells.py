"""Cells of a table and lines of a property card, from what the catalogue says of each property."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from kalends.catalog import ObjectType, Property
from kalends.query import currency_column
from kalends.staff import formatting

Row = Mapping[str, Any]

_NAMES = """
SELECT 'user', u.id::text, u.name FROM membership AS m JOIN app_user AS u ON u.id = m.user_id
WHERE m.account_id = %(account_id)s
UNION ALL SELECT 'team', t.id::text, t.name FROM team AS t WHERE t.account_id = %(account_id)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value ready to be shown. ``kind`` chooses how: text, money, date, badge, name, person, method, links
    (``links`` are names and addresses; empty for what has no page) or empty."""

    kind: str = "text"
    text: str = ""
    money: formatting.Money | None = None
    icon: str = ""
    value: str = ""
    link: str = ""
    under: str = ""
    note: str = ""
    note_tone: str = ""
    links: tuple[tuple[str, str], ...] = ()


Dress = Callable[[Row], Cell]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the people and teams to whom properties refer by number."""

    owners: Mapping[str, str]
    teams: Mapping[str, str]

    @classmethod
    def of_account(cls, account_id: int) -> Names:
        """Everybody with a place in the account."""
        found: dict[str, dict[str, str]] = {"user": {}, "team": {}}
        with connection.cursor() as cursor:
            cursor.execute(_NAMES, {"account_id": account_id})
            for kind, id_, name in cursor.fetchall():
                found[kind][id_] = name
        return cls(found["user"], found["team"])

    def of(self, prop: Property, value: str) -> str:
        """What people read for one value of an enumeration."""
        known = {"owners": self.owners, "teams": self.teams}.get(prop.options_from or "", {})
        return known.get(value, value)


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """How values are dressed on one page: by type, unless the page has something better for a property."""

    object: ObjectType
    language: str
    time_zone: str
    names: Names
    special: Mapping[str, Dress]

    def cells(self, columns: Sequence[str], row: Row) -> list[Cell]:
        """The cells of a row."""
        return [self.cell(self.object.by_name[name], row) for name in columns]

    def cell(self, prop: Property, row: Row) -> Cell:
        """The value of one property."""
        dress = self.special.get(prop.name)
        if dress is not None:
            return dress(row)
        return self.plain(prop, row)

    def plain(self, prop: Property, row: Row) -> Cell:
        """The value as its type alone would show it."""
        value = row[prop.name]
        if value in (None, "", []):
            return Cell(kind="empty")
        match value:
            case bool():
                return Cell(text=_("Yes") if value else _("No"))
            case Decimal() | int():
                return self._number(prop, Decimal(value), row)
            case datetime():
                return Cell(
                    kind="date", text=formatting.day(value.astimezone(ZoneInfo(self.time_zone)).date())
                )
            case date():
                return Cell(kind="date", text=formatting.day(value))
            case list() | tuple():
                return Cell(text=", ".join(self._option(prop, str(each)) for each in value))
            case _:
                return self._text(prop, str(value))

    def _number(self, prop: Property, value: Decimal, row: Row) -> Cell:
        currency = row.get(currency_column(prop.name))
        if prop.type == "money" and currency:
            return Cell(kind="money", money=formatting.money(value, currency))
        # An id is a name made of digits: it is not grouped.
        return Cell(text=str(value) if prop.unique or prop.name.endswith("_id") else formatting.number(value))

    def _text(self, prop: Property, value: str) -> Cell:
        if prop.options_from == "owners":
            name = self.names.of(prop, value)
            return Cell(kind="person", text=name, value=initials(name))
        return Cell(text=self._option(prop, value) if prop.type == "enumeration" else value)

    def _option(self, prop: Property, value: str) -> str:
        return prop.option_label(value, self.language) if prop.options else self.names.of(prop, value)


def initials(name: str) -> str:
    """Two letters for a picture of somebody.

    >>> initials("Maja Lindqvist"), initials("Nordhavn"), initials("")
    ('ML', 'NO', '?')
    """
    words = name.split()
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    return name[:2].upper() or "?"
