"""Locking subscriptions before anything is done to them: always first, and always in the order of their ids."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.billing.compose import DueSubscription


class UnknownSubscription(LookupError):
    """There is no such subscription in this account."""


def locked(db: Connection[Any], ctx: AccountContext, ids: Sequence[int]) -> list[DueSubscription]:
    """The subscriptions by id, locked until the transaction ends. Raises ``UnknownSubscription``."""
    params = {"account_id": ctx.id, "ids": integers(ids)}
    rows = [DueSubscription(*row) for row in fetch(db, load("kalends.billing", "locked"), params)]
    missing = sorted(set(ids) - {row.id for row in rows})
    if missing:
        raise UnknownSubscription(f"There is no subscription {missing[0]} in this account.")
    return rows
