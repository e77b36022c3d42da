"""Subscriptions that were set aside rather than billed wrongly, and letting them go again."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.events import journal
from kalends.platform.patience import patient


class NotParked(LookupError):
    """There is no such parked subscription in this account."""


class Parked(NamedTuple):
    """Why a subscription was set aside: ``cycle`` is the one that was not billed, counted from 0."""

    id: int
    cycle: int
    since: datetime
    code: str
    reason: str
    remedy: str


def parked(db: Connection[Any], ctx: AccountContext, *, limit: int) -> list[Parked]:
    """What is parked in the account, longest waiting first."""
    rows = db.execute(
        "SELECT id, cycle, since, code, reason, remedy FROM parked_subscription WHERE account_id = %s "
        "ORDER BY since, id LIMIT %s",
        [ctx.id, limit],
    ).fetchall()
    return [Parked(*row) for row in rows]


@patient
def release(db: Connection[Any], ctx: AccountContext, id_: int, *, actor: str = "system") -> Parked:
    """Take a subscription out of parking; the next run bills it or parks it again. Raises ``NotParked``."""
    with db.transaction():
        row = db.execute(
            "DELETE FROM parked_subscription WHERE account_id = %s AND id = %s "
            "RETURNING id, cycle, since, code, reason, remedy",
            [ctx.id, id_],
        ).fetchone()
        if row is None:
            raise NotParked(f"Subscription {id_} is not parked in this account.")
        was = Parked(*row)
        event = journal.NewEvent(
            "subscription.released", "subscription", id_, id_, {"code": was.code, "reason": was.reason}
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return was
