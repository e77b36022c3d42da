"""Trying a failed charge again on its day: a new attempt on the same payment, with a key of its own."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.lifecycle import Status, may_be_charged


def intend_retries(db: Connection[Any], ctx: AccountContext) -> int:
    """Decide on the retries that are due; collecting sends them. Never for a subscription that may not be charged."""
    chargeable = [status.value for status in Status if may_be_charged(status)]
    params = {"account_id": ctx.id, "now": ctx.now, "day": ctx.billing_day, "chargeable": chargeable}
    with db.transaction():
        return db.execute(load("kalends.payments", "intend_retries"), params).rowcount
