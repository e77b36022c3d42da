"""Charges that were decided on and never sent, of subscriptions that may not be charged any more: they are given up."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.core.lifecycle import Status, may_be_charged
from kalends.payments.outcomes import ENDED_UNSENT, PAUSED_UNSENT, Outcome, record_outcomes, write_outcomes

_ENDED = (ENDED_UNSENT, "The subscription ended before this charge was sent.", "hard")
_WHY = {
    Status.PAUSED: (PAUSED_UNSENT, "The subscription was paused before this charge was sent.", "soft"),
    Status.CANCELED: _ENDED,
    Status.EXPIRED: _ENDED,
}
"""Why, and how: what was not sent because of a pause is tried again on the days of retrying, if it is over by then."""


def give_up_unsent(db: Connection[Any], ctx: AccountContext, ids: Sequence[int], status: Status) -> None:
    """Give up what was decided on and not sent of subscriptions that get this status, so that nothing is charged.

    Runs in the transaction that ends or pauses them, which has locked them.
    """
    params = {"account_id": ctx.id, "ids": integers(ids)}
    rows = fetch(db, load("kalends.payments", "unsent_attempts"), params)
    record_outcomes(db, ctx, [_given_up(ctx, invoice, attempt, status) for invoice, attempt in rows])


def give_up_freed(db: Connection[Any], ctx: AccountContext, invoices: Sequence[int]) -> None:
    """Give up what a lost sender left of these invoices, where it may not be charged any more.

    While its subscription was ended or paused it counted as sent. What a customer pays by hand is theirs to pay. Runs
    in the transaction that frees the attempts, which has locked their subscriptions.
    """
    params = {
        "account_id": ctx.id,
        "invoices": integers(invoices),
        "chargeable": [status.value for status in Status if may_be_charged(status)],
    }
    rows = fetch(db, load("kalends.payments", "freed_of_ended"), params)
    if rows:
        write_outcomes(db, ctx, [_given_up(ctx, row[0], row[1], Status(row[2])) for row in rows])


def _given_up(ctx: AccountContext, invoice: int, attempt: int, status: Status) -> Outcome:
    code, reason, decline = _WHY[status]
    return Outcome(invoice, attempt, "failed", ctx.now, None, 0, code, reason, decline)
