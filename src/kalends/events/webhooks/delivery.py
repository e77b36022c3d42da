"""Delivery: batches are taken, sent outside any transaction, and what came of it is written.

Intention, call, outcome. A batch is marked ``sending`` in a slot of its app and committed before the call. Whoever
sends in a slot holds an advisory lock on it, which goes when the connection does, so there are never more requests at
once than the app wants, however many workers there are. A batch that is ``sending`` in a slot whose lock is free was
broken off between call and outcome: nobody knows whether it was taken, and it is sent again, **at least once**, under
the same ``webhook-id``. What is not taken is sent again up to :data:`RETRIES` times within a day, and then kept as
``failed``, for a person to look at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.integration_apps import App, find_app
from kalends.accounts.sql import integers, load
from kalends.events import journal
from kalends.events.webhooks import posting, signatures
from kalends.events.webhooks.networks import Network
from kalends.events.webhooks.payloads import body_of
from kalends.events.webhooks.posting import SECONDS, Outcome
from kalends.events.webhooks.settings import Target
from kalends.platform.patience import patient

EVENTS_AT_ONCE = 100
"""How many events one request may tell of."""

_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 180, 240, 360, 420))
RETRIES = len(_PAUSES)
_TRIES_MAX = RETRIES + 1

_BROKEN_OFF = "Sending was broken off, so it is not known whether this arrived."
_SLOT = "hashtextextended(format('webhooks %%s/%%s/%%s', %s::bigint, %s::bigint, %s::int), 0)"


class Post(NamedTuple):
    """A batch that is being sent: everything that the call needs, and nothing of the database."""

    app_id: int
    batch_id: int
    tries: int
    slot: int
    url: str
    body: bytes
    events: int
    secret: str
    older_signature: str


def pause(batch_id: int, tries: int) -> timedelta:
    """How long a batch that was not taken waits after so many tries: longer each time, and each batch a little else.

    All of them together stay within 24 hours.

    >>> pause(7, 1) < pause(7, 2) < pause(7, 3), sum((pause(7, n + 1) for n in range(RETRIES)), timedelta())
    (True, datetime.timedelta(...))
    """
    most = _PAUSES[tries - 1]
    digest = hashlib.sha256(f"{batch_id}/{tries}".encode()).digest()
    return most - most * int.from_bytes(digest[:2], "big") // 65_536 // 5


def take_slot(
    db: Connection[Any], ctx: AccountContext, app_id: int, most: int, held: Collection[int]
) -> int | None:
    """A slot of an app that nobody sends in, until :func:`free_slot`; ``held`` are those that this connection has."""
    for slot in range(most):
        if slot in held:
            continue
        row = db.execute(f"SELECT pg_try_advisory_lock({_SLOT})", [ctx.id, app_id, slot]).fetchone()
        if row is not None and row[0]:
            return slot
    return None


def free_slot(db: Connection[Any], ctx: AccountContext, app_id: int, slot: int) -> None:
    """Let others send in a slot."""
    db.execute(f"SELECT pg_advisory_unlock({_SLOT})", [ctx.id, app_id, slot])


@patient
def recover(db: Connection[Any], ctx: AccountContext, app_id: int, now: datetime) -> int:
    """Let batches that were broken off be sent again; says how many there were."""
    params = {
        "account_id": ctx.id,
        "app_id": app_id,
        "tries_max": _TRIES_MAX,
        "reason": _BROKEN_OFF,
        "now": now,
    }
    with db.transaction():
        rows = db.execute(load("kalends.events", "recover_webhooks"), params).fetchall()
        given_up = [batch for batch, status in rows if status == "failed"]
        if given_up:
            _tell(db, ctx, app_id, given_up, _BROKEN_OFF)
    return len(rows)


@patient
def take(db: Connection[Any], ctx: AccountContext, target: Target, slot: int, now: datetime) -> Post | None:
    """The next batch to send to an app, marked as being sent in this slot; none when nothing is due.

    ``now`` is the real time. ``db`` must not be inside a transaction. Raises ``CannotUnseal``.
    """
    app = find_app(db, ctx.id, target.app_id)
    if app is None:
        return None
    while True:
        with db.transaction():
            taken = _take(db, ctx, target.app_id, slot, now)
            if taken is None:
                return None
            batch_id, tries = taken
            body, events = body_of(db, ctx, target.app_id, batch_id, tries - 1)
            if events:
                return _post(app, target, batch_id, tries, slot, body, events)
            _forget_batch(db, ctx, batch_id)


def _post(app: App, target: Target, batch_id: int, tries: int, slot: int, body: bytes, events: int) -> Post:
    secret, older = app.client_secret, target.signature_version
    return Post(app.id, batch_id, tries, slot, target.url, body, events, secret, older)


def _take(
    db: Connection[Any], ctx: AccountContext, app_id: int, slot: int, now: datetime
) -> tuple[int, int] | None:
    """The number of a batch and of its tries: one that is due again, else a new one."""
    params = {"account_id": ctx.id, "app_id": app_id, "slot": slot, "now": now, "limit": EVENTS_AT_ONCE}
    for statement in ("take_waiting_batch", "make_batch"):
        row = db.execute(load("kalends.events", statement), params).fetchone()
        if row is not None:
            return row[0], row[1]
    return None


def _forget_batch(db: Connection[Any], ctx: AccountContext, batch_id: int) -> None:
    """Everything in it was switched off meanwhile."""
    db.execute("DELETE FROM webhook_delivery WHERE account_id = %s AND batch_id = %s", [ctx.id, batch_id])
    db.execute("DELETE FROM webhook_batch WHERE account_id = %s AND id = %s", [ctx.id, batch_id])


def call(post: Post, at: datetime, networks: Sequence[Network], seconds: float = SECONDS) -> Outcome:
    """Send a batch, signed at this moment. No database, no transaction; nothing is raised."""
    signed = signatures.Signed(post.url, post.body, message_id(post.batch_id), at)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Kalends-Webhooks",
        **signatures.headers(post.secret, signed, older=post.older_signature),
    }
    return posting.post(post.url, post.body, headers, networks, seconds=seconds)


def message_id(batch_id: int) -> str:
    """What a receiver that knows Standard Webhooks recognizes a batch by, however often it comes."""
    return f"msg_{batch_id}"


@patient
def conclude(db: Connection[Any], ctx: AccountContext, post: Post, outcome: Outcome, now: datetime) -> str:
    """Write what came of a call, and return the batch's new status."""
    if outcome.taken:
        status, next_try_at = "delivered", None
    elif post.tries >= _TRIES_MAX:
        status, next_try_at = "failed", None
    else:
        status, next_try_at = "waiting", now + pause(post.batch_id, post.tries)
    with db.transaction():
        closed = db.execute(
            "UPDATE webhook_batch SET status = %s, slot = NULL, next_try_at = %s, answer = %s, "
            "error = coalesce(%s, error), closed_at = %s "
            "WHERE account_id = %s AND id = %s AND status = 'sending' AND tries = %s",
            [
                status,
                next_try_at,
                outcome.status,
                outcome.error,
                None if status == "waiting" else now,
                ctx.id,
                post.batch_id,
                post.tries,
            ],
        )
        if status == "failed" and closed.rowcount:
            _tell(db, ctx, post.app_id, [post.batch_id], outcome.error)
        db.execute(
            "UPDATE webhook_target SET failures = CASE WHEN %(taken)s THEN 0 ELSE failures + 1 END "
            "WHERE account_id = %(account_id)s AND app_id = %(app_id)s AND NOT (%(taken)s AND failures = 0)",
            {"taken": outcome.taken, "account_id": ctx.id, "app_id": post.app_id},
        )
    return status


def _tell(
    db: Connection[Any], ctx: AccountContext, app_id: int, batches: Sequence[int], error: str | None
) -> None:
    """Let the journal know that something was given up: once for each time that an app is out of reach, not for each
    of the batches that follow."""
    params = {"account_id": ctx.id, "app_id": app_id, "batches": integers(batches)}
    if db.execute(load("kalends.events", "given_up_before"), params).fetchone() is not None:
        return
    app = find_app(db, ctx.id, app_id)
    data = {"name": app.name if app else str(app_id), "error": error}
    event = journal.NewEvent("webhook.given_up", "webhook", app_id, None, data)
    journal.write(db, ctx.id, ctx.now, [event])
