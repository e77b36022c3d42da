"""Imported subscriptions wait: none is billed here until somebody has seen their first charges and lets them go.

A subscription comes in as a record of what is billed elsewhere. Letting it go switches its billing on, from its next
due day; what fell due before today was paid elsewhere and is never billed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.create import InvalidSubscription
from kalends.billing.locking import UnknownSubscription
from kalends.billing.start_record import start_record
from kalends.core.lifecycle import RefusedTransition

Db = Connection[Any]

AT_ONCE = 500
"""How many subscriptions are rehearsed, and let go, at once."""
_WAITING = """
    SELECT s.id, s.name, s.currency
    FROM import_row AS r
    JOIN subscription AS s ON s.account_id = r.account_id AND s.id = r.record_id
    WHERE r.account_id = %(account_id)s AND r.import_id = %(import_id)s AND r.verdict = 'created' AND r.done
        AND r.undone = '' AND NOT s.creates_invoices AND s.status IN ('active', 'scheduled') AND s.archived_at IS NULL
    ORDER BY s.id LIMIT %(limit)s
"""


class FirstCharge(NamedTuple):
    """What a subscription would bill first, and when; or the refusal that says why not."""

    id: int
    name: str
    currency: str
    on: date | None = None
    amount_minor: int = 0
    refusal: Exception | None = None


class Waiting(NamedTuple):
    """A subscription that waits."""

    id: int
    name: str
    currency: str


def waiting(db: Db, ctx: AccountContext, import_id: int, *, limit: int = AT_ONCE) -> list[Waiting]:
    """The subscriptions of an import that are not billed yet."""
    params = {"account_id": ctx.id, "import_id": import_id, "limit": limit}
    return [Waiting._make(row) for row in db.execute(_WAITING, params).fetchall()]


def rehearse_release(db: Db, ctx: AccountContext, ones: Sequence[Waiting], actor: str) -> list[FirstCharge]:
    """What each would bill first. Everything is done and taken back; ``db`` may write."""
    with db.transaction(force_rollback=True):
        return _let_go(db, ctx, ones, actor)


def release(db: Db, ctx: AccountContext, ones: Sequence[Waiting], actor: str) -> list[FirstCharge]:
    """Let subscriptions be billed; those that cannot be say why, and wait on. In the caller's transaction."""
    return _let_go(db, ctx, ones, actor)


def _let_go(db: Db, ctx: AccountContext, ones: Sequence[Waiting], actor: str) -> list[FirstCharge]:
    return [_first_charge(db, ctx, each, actor) for each in ones]


def _first_charge(db: Db, ctx: AccountContext, one: Waiting, actor: str) -> FirstCharge:
    try:
        with db.transaction():
            terms = start_record(db, ctx, one.id, start_was_given=True, actor=actor)
    except (InvalidSubscription, RefusedTransition, UnknownSubscription) as refusal:
        return FirstCharge(*one, refusal=refusal)
    return FirstCharge(*one, on=terms.next_due_date, amount_minor=terms.next_amount_minor or 0)
