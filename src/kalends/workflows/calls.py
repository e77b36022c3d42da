"""Webhooks of workflows: sent outside any transaction, signed, and again until they are taken or given up.

Intention, call, outcome, as with apps' webhooks (:mod:`kalends.events.webhooks.delivery`), whose signatures, pauses and
walls they share. Whoever sends one holds an advisory lock on it, which goes when the connection does: one that is
``sending`` and not locked was broken off, and is sent again under the same ``webhook-id``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from kalends.accounts.context import AccountContext
from kalends.accounts.put_back import tells_nobody
from kalends.events.webhooks import posting, signatures
from kalends.events.webhooks.delivery import RETRIES, message_id, pause
from kalends.events.webhooks.networks import Network, allowed_networks
from kalends.platform.sealing import seal, unseal
from kalends.workflows.flows import Db

_DUE = (
    "SELECT id, url FROM workflow_call WHERE account_id = %s AND status IN ('waiting', 'sending') "
    "AND (next_try_at IS NULL OR next_try_at <= %s) AND url <> ALL(%s::text[]) ORDER BY id LIMIT %s"
)
_TAKE = (
    "UPDATE workflow_call SET status = 'sending', tries = tries + 1, next_try_at = NULL "
    "WHERE account_id = %s AND id = %s AND status IN ('waiting', 'sending') "
    "AND (next_try_at IS NULL OR next_try_at <= %s) RETURNING url, body, tries"
)


class Sent(NamedTuple):
    """What came of a round of calls; ``postponed`` ones are tried again later."""

    delivered: int = 0
    postponed: int = 0
    failed: int = 0


def secret_of(db: Db, ctx: AccountContext) -> str:
    """What signs the account's webhooks of workflows; made when it is first asked for. Raises ``CannotUnseal``."""
    db.execute(
        "INSERT INTO workflow_secret (account_id, sealed) VALUES (%s, %s) ON CONFLICT (account_id) DO NOTHING",
        [ctx.id, seal(secrets.token_urlsafe(32))],
    )
    row = db.execute("SELECT sealed FROM workflow_secret WHERE account_id = %s", [ctx.id]).fetchone()
    assert row is not None
    return unseal(row[0])


def any_calls(db: Db, ctx: AccountContext, now: datetime) -> bool:
    """Whether a webhook is to be sent."""
    row = db.execute(
        "SELECT EXISTS (SELECT FROM workflow_call WHERE account_id = %s AND status IN ('waiting', 'sending') "
        "AND (next_try_at IS NULL OR next_try_at <= %s))",
        [ctx.id, now],
    ).fetchone()
    return row is not None and bool(row[0])


def send_calls(
    db: Db,
    ctx: AccountContext,
    now: datetime,
    *,
    limit: int = 100,
    stop: Callable[[], bool] = lambda: False,
    seconds: float = posting.SECONDS,
) -> Sent:
    """Send up to ``limit`` webhooks that are due. ``now`` is the real time; ``db`` must not be inside a transaction.

    A receiver that gives no answer is left alone for the rest of the round, so that it costs one wait and not one for
    each of its webhooks: billing waits for the end of the round.
    """
    if not any_calls(db, ctx, now) or tells_nobody(db, ctx.id):
        return Sent()
    secret, networks = secret_of(db, ctx), allowed_networks()
    outcomes = {"delivered": 0, "waiting": 0, "failed": 0}
    silent: list[str] = []
    due = db.execute(_DUE, [ctx.id, now, silent, limit]).fetchall()
    while due and not stop():
        id_, url = due.pop(0)
        with _held(db, id_) as ours:
            row = db.execute(_TAKE, [ctx.id, id_, now]).fetchone() if ours else None
            if row is not None:
                status, answered = _send(db, ctx, _Call(id_, *row), secret, networks, now, seconds)
                outcomes[status] += 1
                if not answered:
                    silent.append(url)
                    left = limit - sum(outcomes.values())
                    due = db.execute(_DUE, [ctx.id, now, silent, left]).fetchall()
    return Sent(outcomes["delivered"], outcomes["waiting"], outcomes["failed"])


@contextmanager
def _held(db: Db, id_: int) -> Iterator[bool]:
    """A lock on a call; gives whether it is ours."""
    row = db.execute("SELECT pg_try_advisory_lock(%s)", [id_]).fetchone()
    ours = row is not None and bool(row[0])
    try:
        yield ours
    finally:
        if ours and not db.closed:
            db.execute("SELECT pg_advisory_unlock(%s)", [id_])


class _Call(NamedTuple):
    """A webhook that is being sent, for the ``tries``-th time."""

    id: int
    url: str
    body: str
    tries: int


def _send(
    db: Db,
    ctx: AccountContext,
    call: _Call,
    secret: str,
    networks: Sequence[Network],
    now: datetime,
    seconds: float,
) -> tuple[str, bool]:
    """Send one; says what has become of it, and whether the receiver answered at all."""
    body = call.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Kalends-Workflows",
        **signatures.headers(secret, signatures.Signed(call.url, body, message_id(call.id), now), older="v2"),
    }
    outcome = posting.post(call.url, body, headers, networks, seconds=seconds)
    status = "delivered" if outcome.taken else "failed" if call.tries > RETRIES else "waiting"
    next_try_at = now + pause(call.id, call.tries) if status == "waiting" else None
    db.execute(
        "UPDATE workflow_call SET status = %s, next_try_at = %s, answer = %s, error = coalesce(%s, error), "
        "closed_at = %s WHERE account_id = %s AND id = %s AND status = 'sending'",
        [status, next_try_at, outcome.status, outcome.error, None if next_try_at else now, ctx.id, call.id],
    )
    return status, outcome.status is not None


def send_again(db: Db, ctx: AccountContext, now: datetime) -> int:
    """Let webhooks that were given up be sent anew; says how many."""
    return db.execute(
        "UPDATE workflow_call SET status = 'waiting', tries = 0, next_try_at = %s, closed_at = NULL "
        "WHERE account_id = %s AND status = 'failed' AND body <> ''",  # an erased person's says nothing any more
        [now, ctx.id],
    ).rowcount
