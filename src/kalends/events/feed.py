"""The journal as a feed: every event exactly once, in the order of its number, and none is passed before it is there.

Events are numbered when they are written, and seen when their transaction commits: 7 may be seen while 6 is still
under way. A reader that went on from 7 would never get 6. So whoever writes events first takes, until the end of the
transaction, a shared lock that names the last number given out so far (a trigger does that, migration 0004): all
numbers of that transaction come after it. A reader asks, in this order, for the last number given out, for those
locks, and then for events: everything up to the lowest of these numbers is settled, whether it was committed or taken
back, and that is as far as the feed goes. Nobody waits for anybody, and a long transaction only delays what comes
after it, in its own account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load

_GIVEN_OUT = "SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM event_id"
_BITS = 2**31


class Happened(NamedTuple):
    """An event of the journal; ``data`` is its JSON as text."""

    id: int
    at: datetime
    kind: str
    object_type: str
    object_id: int
    parent_id: int | None
    actor: str
    data: str


class Page(NamedTuple):
    """Events after a mark, the mark behind which the next page begins, and whether more is there already."""

    events: list[Happened]
    after: int
    more: bool


def read_feed(
    db: Connection[Any], ctx: AccountContext, *, after: int, limit: int, types: Sequence[str] | None = None
) -> Page:
    """The settled events after a mark, of records of these object types (all without).

    ``db`` must not be inside a transaction that keeps to one snapshot: the events are to be read later than the locks.
    """
    settled = settled_until(db, ctx)
    params = {
        "account_id": ctx.id,
        "after": after,
        "settled": settled,
        "limit": limit + 1,
        "types": None if types is None else list(types),
    }
    found = [Happened(*row) for row in db.execute(load("kalends.events", "feed"), params).fetchall()]
    events = found[:limit]
    more = len(found) > limit
    return Page(events, events[-1].id if more else max(after, settled), more)


def settled_until(db: Connection[Any], ctx: AccountContext) -> int:
    """The number up to which every event of the account is there that ever will be."""
    return _settled(db, ctx, own=True)


def settled_for_others(db: Connection[Any], ctx: AccountContext) -> int:
    """The number behind which everything is that others will still write from now on, as whoever waits for an event
    asks: what the transaction at hand has written itself is before it."""
    return _settled(db, ctx, own=False)


def _settled(db: Connection[Any], ctx: AccountContext, *, own: bool) -> int:
    row = db.execute(_GIVEN_OUT).fetchone()
    assert row is not None
    given_out = int(row[0])
    locks = db.execute(load("kalends.events", "writers"), {"account_id": ctx.id, "own": own}).fetchall()
    return min([given_out, *(floor_of(each[0], given_out) for each in locks)])


def floor_of(low: int, given_out: int) -> int:
    """The number that a lock names by its last 31 bits: the nearest to those that were given out.

    A lock may be newer than the last number that was read, and then lie a little above it.

    >>> floor_of(5, 7), floor_of(9, 7), floor_of(2**31 - 1, 2**31 + 4)
    (5, 9, 2147483647)
    """
    behind = (given_out - low) % _BITS
    return given_out - behind if behind < _BITS // 2 else given_out + _BITS - behind
