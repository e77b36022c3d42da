"""Trying a failed charge again on its day: a new attempt on the same payment, with a key of its own."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, load
from kalends.core.currencies import MINIMUM_CHARGES
from kalends.core.lifecycle import Status, may_be_charged
from kalends.core.money import minimum_charge
from kalends.platform.patience import patient


@patient
def intend_retries(db: Connection[Any], ctx: AccountContext) -> int:
    """Decide on the retries that are due, for what is still owed; collecting sends them.

    Never for a subscription that may not be charged.
    """
    chargeable = [status.value for status in Status if may_be_charged(status)]
    params = {
        "account_id": ctx.id,
        "now": ctx.now,
        "day": ctx.billing_day,
        "chargeable": chargeable,
        **smallest_charges(ctx),
    }
    with db.transaction():
        locked = db.execute(load("kalends.payments", "lock_subscriptions_to_retry"), params).fetchall()
        params["subscriptions"] = [row[0] for row in locked]
        return db.execute(load("kalends.payments", "intend_retries"), params).rowcount


def smallest_charges(ctx: AccountContext) -> dict[str, str]:
    """The smallest charge of each currency today, as two arrays for a statement."""
    known = sorted({entry.currency for entry in MINIMUM_CHARGES})
    smallest = [(currency, minimum_charge(currency, ctx.today)) for currency in known]
    return arrays(("currencies", "smallest"), smallest)
