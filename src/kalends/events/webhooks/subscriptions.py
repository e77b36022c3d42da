"""What an app wants to be told of: made, switched on and off, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.registry import OBJECTS, UnknownName, get_property
from kalends.crm.schema import account_object
from kalends.events.feed import settled_until
from kalends.events.webhooks.kinds import EventType, place_in_journal

SUBSCRIPTIONS_MOST = 1_000
"""How many subscriptions an app may have."""

_SELECT = (
    "SELECT id, app_id, event_type, object_type, change, property_name, active, after, created_at, updated_at "
    "FROM webhook_subscription WHERE account_id = %(account_id)s AND app_id = %(app_id)s"
)


class CannotSubscribe(ValueError):
    """A subscription that cannot be made; ``field`` is what is wrong, and the message says what would be right."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class SubscribedAlready(CannotSubscribe):
    """An app has the same subscription already."""


class Wanted(NamedTuple):
    """A subscription of an app. It is told of events numbered after ``after``."""

    id: int
    app_id: int
    event_type: str
    object_type: str
    change: str
    property_name: str
    active: bool
    after: int
    created_at: datetime
    updated_at: datetime

    @property
    def object_type_id(self) -> str:
        """HubSpot's number for the object."""
        return OBJECTS[self.object_type].type_id


def list_wanted(db: Connection[Any], ctx: AccountContext, app_id: int) -> list[Wanted]:
    """The subscriptions of an app, oldest first."""
    rows = db.execute(_SELECT + " ORDER BY id", {"account_id": ctx.id, "app_id": app_id}).fetchall()
    return [Wanted(*row) for row in rows]


def find_wanted(db: Connection[Any], ctx: AccountContext, app_id: int, id_: int) -> Wanted | None:
    """A subscription of an app by its number."""
    params = {"account_id": ctx.id, "app_id": app_id, "id": id_}
    row = db.execute(_SELECT + " AND id = %(id)s", params).fetchone()
    return None if row is None else Wanted(*row)


def subscribe(
    db: Connection[Any],
    ctx: AccountContext,
    app_id: int,
    wanted: EventType,
    *,
    property_name: str | None = None,
    active: bool = False,
    now: datetime,
) -> Wanted:
    """Let an app be told of a change, of events that come from here on.

    Raises :class:`CannotSubscribe`, and :class:`SubscribedAlready` for the same once more.
    """
    _check_property(db, ctx, wanted, property_name)
    params = {"account_id": ctx.id, "app_id": app_id}
    row = db.execute(
        "SELECT count(*) FROM webhook_subscription WHERE account_id = %(account_id)s AND app_id = %(app_id)s",
        params,
    ).fetchone()
    if row is not None and row[0] >= SUBSCRIPTIONS_MOST:
        raise CannotSubscribe(
            "eventType",
            f"An app can have {SUBSCRIPTIONS_MOST:,} subscriptions; delete one that it does not need.",
        )
    made = db.execute(
        "INSERT INTO webhook_subscription (account_id, app_id, event_type, object_type, change, property_name, active, "
        "after, created_at, updated_at) VALUES (%(account_id)s, %(app_id)s, %(event_type)s, %(object)s, %(change)s, "
        "%(property)s, %(active)s, %(after)s, %(now)s, %(now)s) "
        "ON CONFLICT ON CONSTRAINT webhook_subscription_once DO NOTHING RETURNING id",
        {
            **params,
            "event_type": wanted.name,
            "object": wanted.obj.name,
            "change": wanted.change,
            "property": property_name or "",
            "active": active,
            "after": settled_until(db, ctx),
            "now": now,
        },
    ).fetchone()
    if made is None:
        of = f" of {property_name}" if property_name else ""
        raise SubscribedAlready(
            "eventType", f"The app is subscribed to {wanted.name}{of} ({wanted.obj.type_id}) already."
        )
    found = find_wanted(db, ctx, app_id, made[0])
    assert found is not None, "the subscription was written a moment ago"
    return found


def _check_property(
    db: Connection[Any], ctx: AccountContext, wanted: EventType, property_name: str | None
) -> None:
    if wanted.change != "propertyChange":
        if property_name:
            raise CannotSubscribe(
                "propertyName", f"{wanted.name} is about no property; leave propertyName out."
            )
        return
    if not property_name:
        raise CannotSubscribe("propertyName", f"{wanted.name} needs propertyName.")
    obj = account_object(db, ctx, wanted.obj.name)
    try:
        get_property(obj, property_name)
    except UnknownName as unknown:
        raise CannotSubscribe("propertyName", str(unknown)) from unknown
    if place_in_journal(obj, property_name) is None:
        raise CannotSubscribe(
            "propertyName",
            f"{property_name} is worked out from other values when it is read, so its changes are not told. Subscribe "
            "to the properties that it is worked out from.",
        )


def switch(
    db: Connection[Any], ctx: AccountContext, app_id: int, states: Mapping[int, bool], now: datetime
) -> list[Wanted]:
    """Switch subscriptions on or off; returns those that there are, oldest first.

    One that is switched on is told of events from here on; of one that is switched off nothing more is sent.
    """
    after = settled_until(db, ctx)
    found: list[Wanted] = []
    for id_, active in sorted(states.items()):
        was = find_wanted(db, ctx, app_id, id_)
        if was is None:
            continue
        if was.active != active:
            db.execute(
                "UPDATE webhook_subscription SET active = %s, after = %s, updated_at = %s "
                "WHERE account_id = %s AND app_id = %s AND id = %s",
                [active, after, now, ctx.id, app_id, id_],
            )
            if not active:
                _drop_unsent(db, ctx, id_)
            was = was._replace(active=active, after=after, updated_at=now)
        found.append(was)
    return found


def unsubscribe(db: Connection[Any], ctx: AccountContext, app_id: int, id_: int) -> bool:
    """Delete a subscription; of it nothing more is sent. Says whether it was there."""
    gone = db.execute(
        "DELETE FROM webhook_subscription WHERE account_id = %s AND app_id = %s AND id = %s",
        [ctx.id, app_id, id_],
    )
    if gone.rowcount:
        _drop_unsent(db, ctx, id_)
    return gone.rowcount > 0


def _drop_unsent(db: Connection[Any], ctx: AccountContext, id_: int) -> None:
    """What waits for its batch; what is in one is left out when that is sent again."""
    db.execute(
        "DELETE FROM webhook_delivery WHERE account_id = %s AND subscription_id = %s AND batch_id IS NULL",
        [ctx.id, id_],
    )
