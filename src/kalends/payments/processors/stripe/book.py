"""What we keep of our talk with Stripe: calls before they are made, and events as they arrived.

It is written on connections of its own: what Stripe was asked for is not unasked by a rollback of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.sql import arrays, fetch, load
from kalends.payments.processors.connections import AnyConnection, Connections

_HERE = "kalends.payments.processors.stripe"


class StripeCall(NamedTuple):
    """A call that was made, or is about to be: ``of`` says where to look for what has no ``reference`` yet."""

    idempotency_key: str
    kind: str
    of: str
    reference: str | None
    sent_at: datetime


class Arrived(NamedTuple):
    """An event of Stripe's: what happened to what, as far as we care."""

    event_id: str
    kind: str
    object_type: str
    object_id: str
    happened_at: datetime


class StoredEvent(NamedTuple):
    """An event that nobody has handled yet."""

    event_id: str
    kind: str
    object_type: str
    object_id: str
    happened_at: datetime
    received_at: datetime


class Book:
    """One account's part of what is kept. Safe to use from several threads at once."""

    def __init__(self, connections: Connections, account_id: int) -> None:
        self._connections = connections
        self._account_id = account_id

    def note_call(self, key: str, kind: str, of: str, at: datetime) -> bool:
        """Write down that a call is about to be made; says whether it is the first under its key."""
        params = {"account_id": self._account_id, "key": key, "kind": kind, "of": of, "at": at}
        with self._connections.one() as db:
            return db.execute(load(_HERE, "note_call"), params).rowcount == 1

    def note_answer(self, key: str, reference: str) -> None:
        """Write down Stripe's name for what a call made."""
        with self._connections.one() as db:
            db.execute(
                "UPDATE stripe_call SET reference = %s WHERE account_id = %s AND idempotency_key = %s",
                [reference, self._account_id, key],
            )

    def calls(self, keys: Iterable[str], kind: str) -> dict[str, StripeCall]:
        """The calls that were made under these keys."""
        with self._connections.one() as db:
            rows = db.execute(
                "SELECT idempotency_key, kind, of, reference, sent_at FROM stripe_call "
                "WHERE account_id = %s AND idempotency_key = ANY(%s) AND kind = %s",
                [self._account_id, list(keys), kind],
            ).fetchall()
        return {row[0]: StripeCall(*row) for row in rows}

    def tokens_of(self, method: str) -> list[str]:
        """The tokens under which a payment method of Stripe's is stored, as it can be charged."""
        with self._connections.one() as db:
            rows = db.execute(load(_HERE, "tokens_of"), {"account_id": self._account_id, "method": method})
            return [row[0] for row in rows.fetchall()]

    def open_events(self, at: datetime, limit: int) -> list[StoredEvent]:
        """Events that may be handled at an instant, in the order in which they arrived."""
        with self._connections.one() as db:
            params = {"account_id": self._account_id, "at": at, "limit": limit}
            return [StoredEvent(*row) for row in fetch(db, load(_HERE, "open_events"), params)]

    def handled(self, event_ids: Sequence[str]) -> None:
        """These events are dealt with."""
        if event_ids:
            with self._connections.one() as db:
                db.execute(
                    "UPDATE stripe_event SET is_handled = true "
                    "WHERE account_id = %s AND event_id = ANY(%s) AND NOT is_handled",
                    [self._account_id, list(event_ids)],
                )

    def later(self, event_id: str, at: datetime) -> None:
        """An event cannot be told yet: leave it alone for a minute, then for ever longer, at most six hours."""
        with self._connections.one() as db:
            params = {"account_id": self._account_id, "event_id": event_id, "at": at}
            db.execute(load(_HERE, "later"), params)

    def to_erase(self, at: datetime) -> list[str]:
        """Customers (or pages of theirs) whose erasure Stripe is to be asked for, the oldest first."""
        with self._connections.one() as db:
            rows = db.execute(load(_HERE, "to_erase"), {"account_id": self._account_id, "at": at})
            return [row[0] for row in rows.fetchall()]

    def erased(self, reference: str, at: datetime, *, done: bool) -> None:
        """Stripe has erased that customer; or it has not, and is asked again, ever later, at most six hours after."""
        with self._connections.one() as db:
            params = {"account_id": self._account_id, "reference": reference, "at": at, "done": done}
            db.execute(load(_HERE, "erased"), params)

    def next_event_at(self) -> datetime | None:
        """From when on an event may be handled; None if there is none."""
        with self._connections.one() as db:
            row = db.execute(
                "SELECT min(coalesce(not_before, received_at)) FROM stripe_event "
                "WHERE account_id = %s AND NOT is_handled",
                [self._account_id],
            ).fetchone()
        return row[0] if row else None


def intend_erasures(
    db: Connection[Any], account_id: int, references: Iterable[str], asked_at: datetime
) -> None:
    """Write down, in the transaction that erases people here, whom Stripe is to be asked to erase."""
    params = {"account_id": account_id, "references": sorted(set(references)), "at": asked_at}
    db.execute(load(_HERE, "intend_erasures"), params)


def store_events(
    db: AnyConnection, account_id: int, events: Sequence[Arrived], received_at: datetime | None = None
) -> int:
    """Put events into the inbox; one that is there already is left alone. Returns how many were new."""
    names = ("events", "kinds", "types", "objects", "instants")
    rows = [(*event[:4], event.happened_at.isoformat()) for event in events]
    params: dict[str, Any] = {"account_id": account_id, "received_at": received_at, **arrays(names, rows)}
    return db.execute(load(_HERE, "store_events"), params).rowcount
