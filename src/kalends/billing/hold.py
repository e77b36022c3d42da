"""Holding an account's billing: nothing more is invoiced or charged until somebody lets it go on.

A hold is seen between two blocks of a run: the block at hand is finished, and what was invoiced but not yet charged
waits as an intended charge. What processors report of charges that were sent before is still taken in, since that
money has moved already. What came due meanwhile is billed when the hold ends, as after any outage.

An account whose books were put back to an earlier state (:mod:`kalends.billing.restored`) is held as well, and is let
go on in another way, after its processors were asked.
"""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.put_back import put_back
from kalends.events import journal
from kalends.platform.patience import patient

REASON_LENGTH_MAX = 500


class HoldRefused(ValueError):
    """Billing cannot be held or let go on so; the message says why."""


class Hold(NamedTuple):
    """Since when nothing is billed, who asked for that, and why; ``put_back``: its books are those of before."""

    since: datetime
    actor: str
    reason: str
    put_back: bool = False


def find_hold(db: Connection[Any], account_id: int) -> Hold | None:
    """The account's hold; ``None`` while it is billed as usual."""
    found = put_back(db, account_id)
    if found is not None and not found.released:
        return Hold(found.found_at, "kalends", found.reason, put_back=True)
    row = db.execute(
        "SELECT since, actor, reason FROM billing_hold WHERE account_id = %s", [account_id]
    ).fetchone()
    return None if row is None else Hold(*row)


@patient
def hold_billing(db: Connection[Any], ctx: AccountContext, *, actor: str, reason: str = "") -> Hold:
    """Stop billing the account after the block at hand. Raises :class:`HoldRefused` when it is held already."""
    reason = reason.strip()
    if len(reason) > REASON_LENGTH_MAX or "\x00" in reason:
        raise HoldRefused(f"Give a reason of at most {REASON_LENGTH_MAX} characters.")
    with db.transaction():
        row = db.execute(
            "INSERT INTO billing_hold (account_id, since, actor, reason) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (account_id) DO NOTHING RETURNING since, actor, reason",
            [ctx.id, ctx.now, actor, reason],
        ).fetchone()
        if row is None:
            raise HoldRefused("The account's billing is held already.")
        event = journal.NewEvent("billing.held", "account", ctx.id, None, {"reason": reason})
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return Hold(*row)


@patient
def release_billing(db: Connection[Any], ctx: AccountContext, *, actor: str) -> Hold:
    """Let billing go on: the next run bills what came due meanwhile.

    Raises :class:`HoldRefused` without a hold, and for one that only `kalends restored` ends.
    """
    found = put_back(db, ctx.id)
    if found is not None and not found.released:
        raise HoldRefused(
            "The account's books were put back to an earlier state: `kalends restored` asks its processors first."
        )
    with db.transaction():
        row = db.execute(
            "DELETE FROM billing_hold WHERE account_id = %s RETURNING since, actor, reason", [ctx.id]
        ).fetchone()
        if row is None:
            raise HoldRefused("The account's billing is not held.")
        event = journal.NewEvent(
            "billing.released", "account", ctx.id, None, {"held_since": row[0], "reason": row[2]}
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return Hold(*row)
