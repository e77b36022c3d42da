"""The history of properties, read from the journal: each value that a record had, since when, and who set it.

What the journal does not tell is derived: the value that a record began with is what its first change found, or, if it
never changed, the present one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.render import to_api
from kalends.core.money import UnknownCurrency, from_minor

SOURCE = "hs_object_source_label"
"""The property that says how a record came to be; read with it, the first values are told to come from there."""

_CHANGES = """
    SELECT id, at, actor, object_id, data -> 'changes' AS changes
    FROM event
    WHERE account_id = %(account_id)s AND object_id = ANY(%(ids)s) AND object_type = %(object)s
        AND jsonb_typeof(data -> 'changes') = 'object' AND (data -> 'changes') ?| %(columns)s
    UNION ALL
    SELECT id, at, actor, parent_id, data -> 'parent_changes'
    FROM event
    WHERE %(object)s = 'subscription' AND account_id = %(account_id)s AND parent_id = ANY(%(ids)s)
        AND jsonb_typeof(data -> 'parent_changes') = 'object' AND (data -> 'parent_changes') ?| %(columns)s
    ORDER BY id
"""
_SOURCES = {
    "api": "INTEGRATION",
    "app": "INTEGRATION",
    "user": "CRM_UI",
    "cli": "CRM_UI",
    "contact": "PORTAL",
    "import": "IMPORT",
    "system": "PAYMENTS",
    "workflow": "AUTOMATION_PLATFORM",
}


class Past(NamedTuple):
    """A value that a property had: as the API writes it, since when, and where it came from."""

    value: str | None
    at: datetime
    source: str
    source_id: str | None


def read_history(
    db: Connection[Any],
    ctx: AccountContext,
    obj: ObjectType,
    names: Sequence[str],
    present: Mapping[int, Mapping[str, Any]],
) -> dict[int, dict[str, list[Past]]]:
    """The values of properties of records, newest first, by record and property.

    ``present`` are the records with these properties, the object's dates of creation and change, and :data:`SOURCE`.
    What is worked out and kept nowhere has its present value alone.
    """
    places = {name: obj.by_name[name].journal_name for name in names}
    columns = sorted({place for place in places.values() if place})
    changes: dict[int, list[tuple[Any, ...]]] = {}
    if columns:
        params = {"account_id": ctx.id, "ids": list(present), "object": obj.name, "columns": columns}
        for row in db.execute(_CHANGES, params).fetchall():
            changes.setdefault(row[3], []).append(row)
    return {
        id_: {
            name: _of_property(obj, obj.by_name[name], places[name], row, changes.get(id_, ()))
            for name in names
        }
        for id_, row in present.items()
    }


def _of_property(
    obj: ObjectType, prop: Property, place: str, row: Mapping[str, Any], changes: Sequence[tuple[Any, ...]]
) -> list[Past]:
    value = to_api(prop, row[prop.name])
    if not place:
        return [] if value is None else [Past(value, row[obj.modified], "CALCULATED", None)]
    currency = row.get(f"{prop.name}@currency")
    told = [(at, actor, changed[place]) for _, at, actor, _, changed in changes if place in changed]
    past = [Past(as_written(prop, pair[1], currency), at, *source_of(actor)) for at, actor, pair in told]
    first = as_written(prop, told[0][2][0], currency) if told else value
    if first is not None:
        past.insert(0, Past(first, row[obj.created], row.get(SOURCE) or "CRM_UI", None))
    return past[::-1]


def source_of(actor: str) -> tuple[str, str | None]:
    """HubSpot's word for who set a value, and which one of them.

    >>> source_of("user:3"), source_of("app:7"), source_of("system")
    (('CRM_UI', '3'), ('INTEGRATION', '7'), ('PAYMENTS', None))
    """
    kind, _, which = actor.partition(":")
    return _SOURCES.get(kind, "CRM_UI"), which or None


def as_written(prop: Property, stored: Any, currency: str | None) -> str | None:
    """A value of the journal, which has it as JSON, as the API writes it."""
    try:
        return to_api(prop, _typed(prop, stored, currency))
    except (ValueError, ArithmeticError, UnknownCurrency):
        return str(stored)


def _typed(prop: Property, stored: Any, currency: str | None) -> Any:
    if stored is None or isinstance(stored, bool | list):
        return stored
    if prop.minor and currency:
        return from_minor(int(stored), currency)
    match prop.type:
        case "number" | "money":
            return Decimal(str(stored))
        case "date":
            return date.fromisoformat(str(stored))
        case "datetime":
            return datetime.fromisoformat(str(stored))
        case _:
            return str(stored)
