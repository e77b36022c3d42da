"""Who was billed for the cycle before and is not billed for this one: canceled, paused, ended, parked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load

REASONS = {
    "canceled": "canceled",
    "paused": "paused",
    "completed": "all agreed payments were billed",
    "parked": "parked until somebody releases it",
    "no_due_date": "it has no next payment due date",
}
"""Why a subscription is not billed any more, by the rehearsal's word for it.

That its invoices were switched off is not among them: that is refused once a subscription was billed here.
"""


class NoLongerBilled(NamedTuple):
    """A subscription whose next cycle would have begun on ``due_date``, and what the cycle before came to then.

    ``reason`` is a key of :data:`REASONS`; ``since`` the day in the account's time zone from which it holds, where
    the subscription knows it.
    """

    subscription_id: int
    due_date: date
    currency: str
    before_minor: int
    reason: str
    since: date | None

    @property
    def why(self) -> str:
        """The reason as an English sentence.

        >>> day = date(2026, 3, 1)
        >>> NoLongerBilled(7, day, "EUR", 1200, "paused", date(2026, 2, 14)).why
        'paused since 2026-02-14'
        >>> NoLongerBilled(7, day, "EUR", 1200, "completed", None).why
        'all agreed payments were billed'
        """
        return REASONS[self.reason] + (f" since {self.since}" if self.since else "")


def no_longer_billed(db: Connection[Any], ctx: AccountContext) -> Iterator[NoLongerBilled]:
    """Those whose next cycle would have begun after the day of the last run (in any case today) and by now.

    A subscription that ended long ago is named by no rehearsal any more: the cycle before was not billed either.
    """
    params = {"account_id": ctx.id, "first": _first_day(db, ctx), "last": ctx.billing_day}
    zone = ZoneInfo(ctx.time_zone)
    for id_, currency, minor, due, reason, since in fetch(
        db, load("kalends.billing", "no_longer_billed"), params
    ):
        day = since.astimezone(zone).date() if isinstance(since, datetime) else None
        yield NoLongerBilled(id_, due, currency, minor, reason, day)


def _first_day(db: Connection[Any], ctx: AccountContext) -> date:
    """The day after the last run's, but not after today."""
    query = "SELECT max(as_of) FROM billing_run WHERE account_id = %(account_id)s AND ended_at IS NOT NULL"
    ((last,),) = fetch(db, query, {"account_id": ctx.id})
    if last is None:
        return ctx.billing_day
    return min(last.astimezone(ZoneInfo(ctx.time_zone)).date() + timedelta(days=1), ctx.billing_day)
