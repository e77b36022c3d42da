"""Handing an account over to another installation: here nothing more is billed, from a moment before the export."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.hold import Hold, find_hold, hold_billing
from kalends.platform.errors import ExitCode, UserFacing

REASON = (
    "This account was handed over: it was exported to go on in another installation. Release billing here only if it "
    "did not go over, or the same customers are billed twice."
)
_PATIENCE = "60s"


def hand_over(db: Connection[Any], ctx: AccountContext, *, actor: str) -> Hold:
    """Hold the account's billing and wait for the block that is being billed, if any; a hold that stands is kept.

    Raises ``UserFacing`` when that block takes longer than a minute; the hold then stands.
    """
    held = find_hold(db, ctx.id) or hold_billing(db, ctx, actor=actor, reason=REASON)
    try:
        with db.transaction():
            db.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            # Whoever bills has locked the subscriptions of a block until it is committed.
            db.execute("LOCK TABLE subscription IN EXCLUSIVE MODE")
    except psycopg.errors.LockNotAvailable as problem:
        raise UserFacing(
            "Billing is held, but something that was under way takes long.",
            where=f"account {ctx.id} ({ctx.name})",
            remedy="Nothing was exported. Give the same command again in a while.",
            exit_code=ExitCode.REFUSED,
        ) from problem
    return held
