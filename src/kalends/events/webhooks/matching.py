"""From the journal to deliveries: a cursor for each app, which moves in the transaction that writes what it found.

The cursor only goes as far as the journal is settled (:mod:`kalends.events.feed`), so what was never committed is not
told, and nothing is passed by that is committed later. A delivery's key is its subscription and its event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load
from kalends.catalog.registry import OBJECTS
from kalends.events.feed import settled_until
from kalends.events.webhooks.kinds import place_in_journal, tellings
from kalends.events.webhooks.subscriptions import Wanted, list_wanted
from kalends.platform.patience import patient

EVENTS_IN_A_STEP = 5_000


class Step(NamedTuple):
    """What one step came to: events that were looked at, deliveries that were written, and whether more is there."""

    events: int = 0
    deliveries: int = 0
    more: bool = False


@patient
def announce(db: Connection[Any], ctx: AccountContext, app_id: int, *, limit: int = EVENTS_IN_A_STEP) -> Step:
    """Move an app's cursor over up to ``limit`` events, and write a delivery for each that it asked for.

    ``db`` must not be inside a transaction. Of two at the same moment one does it and the other does nothing.
    """
    settled = settled_until(db, ctx)
    params: dict[str, Any] = {"account_id": ctx.id, "app_id": app_id, "settled": settled, "limit": limit}
    with db.transaction():
        row = db.execute(
            "SELECT after FROM webhook_target WHERE account_id = %(account_id)s AND app_id = %(app_id)s "
            "AND after < %(settled)s FOR UPDATE SKIP LOCKED",
            params,
        ).fetchone()
        if row is None:
            return Step()
        params["after"] = row[0]
        active = [each for each in list_wanted(db, ctx, app_id) if each.active]
        if not active:
            _move(db, params, _last_event(db, params))
            return Step()
        found = db.execute(load("kalends.events", "webhook_step"), params).fetchone()
        assert found is not None
        upto, events = found
        if not events:
            return Step()
        written = db.execute(
            load("kalends.events", "match_webhooks"), {**params, "upto": upto, **_wanted(active)}
        ).rowcount
        _move(db, params, upto)
    return Step(events, written, events == limit)


def _wanted(active: Sequence[Wanted]) -> dict[str, str]:
    names = ("subscriptions", "objects", "kinds", "firsts", "places", "sinces")
    return arrays(names, [row for each in active for row in _rows(each)])


def _rows(wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """A subscription as the statement takes it: once for every kind of events, or once for a property's place."""
    if wanted.change == "propertyChange":
        place = place_in_journal(OBJECTS[wanted.object_type], wanted.property_name)
        yield wanted.id, wanted.object_type, None, False, place, wanted.after
    else:
        for telling in tellings(wanted.object_type, wanted.change):
            yield wanted.id, wanted.object_type, telling.kind, telling.first_only, None, wanted.after


def _last_event(db: Connection[Any], params: dict[str, Any]) -> int:
    row = db.execute(
        "SELECT id FROM event WHERE account_id = %(account_id)s AND id > %(after)s AND id <= %(settled)s "
        "ORDER BY id DESC LIMIT 1",
        params,
    ).fetchone()
    return params["after"] if row is None else row[0]


def _move(db: Connection[Any], params: dict[str, Any], upto: int) -> None:
    if upto > params["after"]:
        db.execute(
            "UPDATE webhook_target SET after = %(upto)s WHERE account_id = %(account_id)s AND app_id = %(app_id)s",
            {**params, "upto": upto},
        )
