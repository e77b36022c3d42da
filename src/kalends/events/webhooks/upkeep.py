"""What people see of webhooks and do about them: how apps stand, what was given up, what is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load

KEPT_FOR = timedelta(days=30)
"""How long batches that arrived are kept; the journal keeps the events."""

_BATCHES_AT_ONCE = 1_000


class Standing(NamedTuple):
    """How telling an app of changes goes: ``unsent`` are deliveries, ``waiting`` and ``failed`` batches of them."""

    app_id: int
    app: str
    url: str
    subscriptions: int
    unsent: int
    waiting: int
    failed: int
    failures: int


class GivenUp(NamedTuple):
    """A batch that was given up: with how many events, since when, and why."""

    id: int
    app_id: int
    events: int
    tries: int
    created_at: datetime
    closed_at: datetime
    answer: int | None
    error: str | None


def standings(db: Connection[Any], ctx: AccountContext) -> list[Standing]:
    """How it stands with each app that is told of changes."""
    return [
        Standing(*row)
        for row in fetch(db, load("kalends.events", "webhook_standings"), {"account_id": ctx.id})
    ]


def given_up(db: Connection[Any], ctx: AccountContext, *, limit: int = 100) -> list[GivenUp]:
    """Batches that were given up, the newest first."""
    params = {"account_id": ctx.id, "limit": limit}
    return [GivenUp(*row) for row in fetch(db, load("kalends.events", "failed_batches"), params)]


def send_again(db: Connection[Any], ctx: AccountContext, now: datetime, batch_id: int | None = None) -> int:
    """Let a batch that was given up, or all of them, be sent anew from the first try on; says how many."""
    return db.execute(
        "UPDATE webhook_batch SET status = 'waiting', tries = 0, next_try_at = %(now)s, closed_at = NULL "
        "WHERE account_id = %(account_id)s AND status = 'failed' AND (%(batch)s::bigint IS NULL OR id = %(batch)s)",
        {"account_id": ctx.id, "now": now, "batch": batch_id},
    ).rowcount


def forget_delivered(db: Connection[Any], ctx: AccountContext, now: datetime) -> int:
    """Delete batches that arrived more than :data:`KEPT_FOR` ago, block by block; says how many."""
    forgotten = 0
    params = {"account_id": ctx.id, "oldest": now - KEPT_FOR, "limit": _BATCHES_AT_ONCE}
    while True:
        gone = db.execute(load("kalends.events", "forget_webhooks"), params).rowcount
        forgotten += gone
        if gone < _BATCHES_AT_ONCE:
            return forgotten
