"""What an app is told of an event: HubSpot's shape, in which numbers and times are numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import OBJECTS
from kalends.crm.record_history import as_written, source_of
from kalends.crm.record_reads import read
from kalends.crm.schema import account_object
from kalends.events.webhooks.kinds import place_in_journal

Db = Connection[Any]
Told = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _Row(NamedTuple):
    """An event as a subscription asks for it."""

    subscription_id: int
    event_type: str
    about: str
    change: str
    property_name: str
    event_id: int
    at: datetime
    kind: str
    event_object: str
    object_id: int
    parent_id: int | None
    actor: str
    data: Mapping[str, Any]

    @property
    def of_parent(self) -> bool:
        """Whether the event changed a property of the subscription that it concerns, and not of its own record."""
        return self.event_object != self.about

    @property
    def record_id(self) -> int:
        """The record that the app is told about."""
        return self.parent_id if self.of_parent and self.parent_id is not None else self.object_id

    @property
    def change_told(self) -> list[Any] | None:
        """Before and after of the property; none once the journal has forgotten it, as it does of erased people."""
        changes = self.data.get("parent_changes" if self.of_parent else "changes") or {}
        return changes.get(place_in_journal(OBJECTS[self.about], self.property_name))


def body_of(db: Db, ctx: AccountContext, app_id: int, batch_id: int, attempt: int) -> tuple[bytes, int]:
    """The bytes to send for a batch, and of how many events they tell; ``attempt`` counts from 0."""
    params = {"account_id": ctx.id, "batch": batch_id}
    found = [
        _Row._make((*row[:-1], json.loads(row[-1], parse_float=Decimal)))
        for row in fetch(db, load("kalends.events", "events_of_batch"), params)
    ]
    rows = [row for row in found if row.change != "propertyChange" or row.change_told is not None]
    values = _Values(db, ctx, rows)
    shared = {"portalId": ctx.id, "appId": app_id, "attemptNumber": attempt}
    told = [{**_common(row), **shared, **_particular(row, values)} for row in rows]
    return _encode(told).encode(), len(told)


def _common(row: _Row) -> Told:
    source, _ = source_of(row.actor)
    return {
        "eventId": row.event_id,
        "subscriptionId": row.subscription_id,
        "occurredAt": (row.at - _EPOCH) // timedelta(milliseconds=1),
        "subscriptionType": row.event_type,
        "objectId": row.record_id,
        "objectTypeId": OBJECTS[row.about].type_id,
        "changeSource": source,
        "sourceId": _source_id(row.actor),
        "isSensitive": False,
    }


def _source_id(actor: str) -> str:
    """HubSpot's way of naming who did it.

    >>> _source_id("api:7"), _source_id("user:3"), _source_id("system")
    ('api-7', 'userId:3', 'system')
    """
    kind, _, which = actor.partition(":")
    return f"userId:{which}" if kind == "user" and which else "-".join(filter(None, (kind, which)))


def _particular(row: _Row, values: _Values) -> Told:
    match row.change:
        case "propertyChange":
            return {"propertyName": row.property_name, "propertyValue": values.of(row)}
        case "creation":
            return {"changeFlag": "NEW"}
        case "deletion" | "privacyDeletion":
            return {"changeFlag": "DELETED"}
        case "restore":
            return {"changeFlag": "RESTORED"}
        case "merge":
            moved = row.data.get("changes") or {}
            return {
                "primaryObjectId": row.object_id,
                "mergedObjectIds": [row.data["merged"]],
                "newObjectId": row.object_id,
                "numberOfPropertiesMoved": len(moved),
            }
        case _:
            return _association(row)


def _association(row: _Row) -> Told:
    name, other = row.data["with"]
    here, there = OBJECTS[row.about], OBJECTS[name]
    primary = {
        tie.primary_type_id
        for tie in (here.association(there.name), there.association(here.name))
        if tie is not None and tie.primary_type_id is not None
    }
    return {
        "associationType": f"{here.api_name}_TO_{there.api_name}".upper(),
        "fromObjectId": row.object_id,
        "toObjectId": other,
        "associationRemoved": row.kind.endswith(".dissociated"),
        "isPrimaryAssociation": bool(primary.intersection(row.data.get("types") or ())),
    }


class _Values:
    """The values of properties that changed, as the API writes them; amounts need their record's currency."""

    def __init__(self, db: Db, ctx: AccountContext, rows: Sequence[_Row]) -> None:
        self._ctx = ctx
        changed = [row for row in rows if row.change == "propertyChange"]
        self._objects = {name: account_object(db, ctx, name) for name in {row.about for row in changed}}
        self._currencies: dict[tuple[int, str], str] = {}
        for obj in self._objects.values():
            amounts = [row for row in changed if row.about == obj.name and self._is_amount(row)]
            self._currencies |= _currencies(db, ctx, obj, amounts)

    def of(self, row: _Row) -> str:
        """The value after the change; the empty text where there is none."""
        assert row.change_told is not None, "what the journal has forgotten is told to nobody"
        value, prop = row.change_told[1], self._property(row)
        if prop is None:
            return "" if value is None else str(value)
        currency = self._currencies.get((row.record_id, row.property_name))
        currency = currency or row.data.get("currency") or self._ctx.currency
        return as_written(prop, value, currency) or ""

    def _property(self, row: _Row) -> Property | None:
        """The property, if the account still has it."""
        return self._objects[row.about].by_name.get(row.property_name)

    def _is_amount(self, row: _Row) -> bool:
        prop = self._property(row)
        return prop is not None and prop.minor


def _currencies(
    db: Db, ctx: AccountContext, obj: ObjectType, rows: Sequence[_Row]
) -> dict[tuple[int, str], str]:
    """The currencies of amounts, by record and property; archived records have theirs too."""
    if not rows:
        return {}
    ids, names = sorted({row.record_id for row in rows}), sorted({row.property_name for row in rows})
    found = {**read(db, ctx, obj, ids, names, archived=True), **read(db, ctx, obj, ids, names)}
    return {
        (id_, name): record[f"{name}@currency"]
        for id_, record in found.items()
        for name in names
        if record.get(f"{name}@currency")
    }
