"""When the money of payments reached the business's own bank account, as the processor tells it."""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import array, fetch, integers, load
from kalends.events import journal
from kalends.payments.collect import attempt_of_key
from kalends.payments.processors.interface import PaidOut


def write_payouts(db: Connection[Any], ctx: AccountContext, told: Iterable[PaidOut]) -> int:
    """Write the payout's instant on the payments that it held; returns how many are new. Told again, it is left alone.

    A charge of a checkout may have paid several invoices: each of its payments gets it.
    """
    rows = list(told)
    if not rows:
        return 0
    keys = [attempt_of_key(row.idempotency_key) for row in rows]
    params = {
        "account_id": ctx.id,
        "now": ctx.now,
        "keys": array([row.idempotency_key for row in rows]),
        "invoices": integers(key[1] for key in keys),
        "attempts": integers(key[2] for key in keys),
        "instants": array([row.at.isoformat() for row in rows]),
    }
    with db.transaction():
        written = fetch(db, load("kalends.payments", "write_payouts"), params)
        events = [
            journal.NewEvent(
                "payment.updated",
                "payment",
                id_,
                subscription_id,
                journal.changed(payout_at=(None, at.isoformat())),
            )
            for id_, subscription_id, at in written
        ]
        journal.write(db, ctx.id, ctx.now, events)
    return len(written)
