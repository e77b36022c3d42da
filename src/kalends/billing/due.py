"""What is due: read, or claimed for a block so that a second scheduler skips it."""

from datetime import date
from typing import Any, LiteralString

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.billing.compose import DueSubscription
from kalends.core.calendar import start_of_day

Key = tuple[date, int]
"""Due date and id of a subscription: the place in the order in which what is due is billed."""
FIRST_KEY: Key = (date.min, 0)


def read_due(
    db: Connection[Any], ctx: AccountContext, *, after: Key = FIRST_KEY, size: int, catch_up: bool = False
) -> list[DueSubscription]:
    """What may be billed now, in the order of due date and id, whoever holds it."""
    return _due(db, ctx, after, size, catch_up, lock="")


def claim(
    db: Connection[Any], ctx: AccountContext, *, after: Key, size: int, catch_up: bool
) -> list[DueSubscription]:
    """Of what is due, that which nobody else holds, locked until the end of the transaction."""
    return _due(db, ctx, after, size, catch_up, lock="FOR UPDATE OF s SKIP LOCKED")


def _due(
    db: Connection[Any], ctx: AccountContext, after: Key, size: int, catch_up: bool, lock: LiteralString
) -> list[DueSubscription]:
    params = {
        "account_id": ctx.id,
        "day": ctx.billing_day,
        "after_date": after[0],
        "after_id": after[1],
        "catch_up": catch_up,
        "start_of_day": start_of_day(ctx.today, ctx.time_zone),
        "limit": size,
    }
    return [DueSubscription(*row) for row in fetch(db, load("kalends.billing", "due") + lock, params)]
