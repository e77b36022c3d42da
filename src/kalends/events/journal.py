"""Writing into the journal of events."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.sql import arrays, load


class NewEvent(NamedTuple):
    """Something that happened in the transaction that writes it. ``parent_id`` is the subscription concerned."""

    kind: str
    object_type: str
    object_id: int
    parent_id: int | None
    data: Mapping[str, Any]


def changes(**columns: tuple[Any, Any]) -> dict[str, list[Any]]:
    """What really changed, by column name, as ``[before, after]``."""
    return {name: [before, after] for name, (before, after) in columns.items() if before != after}


def changed(**columns: tuple[Any, Any]) -> dict[str, dict[str, list[Any]]]:
    """The part of an event's data that says what changed on the object it happened to."""
    return {"changes": changes(**columns)}


encode = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":")).encode


def write(
    db: Connection[Any], account_id: int, at: datetime, events: Sequence[NewEvent], actor: str = "system"
) -> None:
    """Append the events, in this order."""
    rows = [
        (e.kind, e.object_type, e.object_id, e.parent_id, encode(e.data) if e.data else "{}") for e in events
    ]
    if rows:
        columns = arrays(("kinds", "types", "objects", "parents", "data"), rows)
        db.execute(
            load("kalends.events", "write"), {"account_id": account_id, "at": at, "actor": actor, **columns}
        )


def write_one(
    db: Connection[Any], account_id: int, at: datetime, event: NewEvent, actor: str = "system"
) -> int:
    """Append one event; returns its id."""
    write(db, account_id, at, [event], actor)
    row = db.execute(
        "SELECT max(id) FROM event WHERE account_id = %s AND object_id = %s", [account_id, event.object_id]
    ).fetchone()
    assert row is not None
    return row[0]
