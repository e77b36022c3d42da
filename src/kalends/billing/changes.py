"""What people and the calendar do to a subscription besides billing it, each in its own lock and one transaction.

Canceling and pausing have files of their own; they are named here too, so that callers find all of it in one place.
"""

from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.billing.block import agreed_lines
from kalends.billing.cancel import (
    Canceled,
    CanceledWithRefund,
    GivenBack,
    cancel,
    cancel_after_last_retry,
    cancel_at_period_end,
    cancel_subscriptions,
)
from kalends.billing.compose import cycle_date, lines_of_cycle, price_cycle
from kalends.billing.locking import UnknownSubscription, locked
from kalends.billing.pause import begin_waiting_pause, pause, pause_later, resume
from kalends.billing.telling import tell_customer
from kalends.core.lifecycle import RefusedTransition, Status, is_terminal, may_be_deleted
from kalends.events import journal
from kalends.messages.delivery import write_out
from kalends.payments.methods import accepted_methods, usable_method

__all__ = [
    "Canceled",
    "CanceledWithRefund",
    "GivenBack",
    "Kept",
    "UnknownSubscription",
    "begin_waiting_pause",
    "cancel",
    "cancel_after_last_retry",
    "cancel_at_period_end",
    "cancel_subscriptions",
    "change_payment_method",
    "delete_subscription",
    "keep_after_all",
    "pause",
    "pause_later",
    "resume",
]


class Kept(NamedTuple):
    """How a subscription goes on, and the day of the cancellation or the pause that was taken back."""

    next_due_date: date | None
    next_amount_minor: int | None
    cancel_on: date | None
    pause_on: date | None


def keep_after_all(db: Connection[Any], ctx: AccountContext, id_: int, *, actor: str = "system") -> Kept:
    """Take back what waits for its day: a cancellation at the end of the paid period, or a pause to come.

    Raises ``UnknownSubscription``, and ``RefusedTransition`` when nothing waits.
    """
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        found = db.execute(
            "SELECT cancel_on, pause_on, resume_on FROM subscription "
            "WHERE account_id = %s AND id = %s AND status <> 'canceled'",
            [ctx.id, id_],
        ).fetchone()
        cancel_on, pause_on, resume_on = found or (None, None, None)
        if cancel_on is None and pause_on is None:
            raise RefusedTransition("No cancellation and no pause is waiting that could be taken back.")
        due, amount = row.next_due_date, row.next_amount_minor
        if cancel_on is not None:
            lines = lines_of_cycle(agreed_lines(db, ctx.id, [row]).get(id_, ()), row.next_cycle)
            due, amount = cycle_date(row, row.next_cycle), price_cycle(lines, row.currency).total_minor
        db.execute(
            "UPDATE subscription SET cancel_on = NULL, pause_on = NULL, resume_on = NULL, next_due_date = %s, "
            "next_amount_minor = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [due, amount, ctx.now, ctx.id, id_],
        )
        changes = journal.changed(
            cancel_on=(cancel_on, None),
            pause_on=(pause_on, None),
            resume_on=(resume_on, None),
            next_due_date=(row.next_due_date, due),
            next_amount_minor=(row.next_amount_minor, amount),
        )
        event = journal.NewEvent("subscription.kept", "subscription", id_, id_, changes)
        event_id = journal.write_one(db, ctx.id, ctx.now, event, actor)
        tell_customer(db, ctx, "kept", row, event_id)
    return Kept(due, amount, cancel_on, pause_on)


def delete_subscription(db: Connection[Any], ctx: AccountContext, id_: int, *, actor: str = "system") -> None:
    """Delete a subscription that has ended, or that never created invoices, for good.

    Its invoices and payments stay, without the link, and letters that wait are sent. Raises ``UnknownSubscription``,
    ``RefusedTransition``.
    """
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        kept = db.execute(
            "SELECT creates_invoices, to_jsonb(s) FROM subscription AS s WHERE account_id = %s AND id = %s",
            [ctx.id, id_],
        ).fetchone()
        assert kept is not None
        if not may_be_deleted(Status(row.status), kept[0]):
            raise RefusedTransition(
                f"The subscription is {row.status.replace('_', ' ')}. Only a canceled or an expired one can be "
                f"deleted; cancel it first."
            )
        if row.contact_id is not None:
            write_out(db, ctx, row.contact_id)
        event = journal.NewEvent("subscription.deleted", "subscription", id_, id_, {"was": kept[1]})
        journal.write(db, ctx.id, ctx.now, [event], actor)
        # What a record still brought in ends with it, and moves while there is a row that says so.
        db.execute(
            "UPDATE subscription SET mrr_minor = 0, arr_minor = 0, updated_at = %s WHERE account_id = %s AND id = %s",
            [ctx.now, ctx.id, id_],
        )
        db.execute(load("kalends.billing", "delete_subscription"), {"account_id": ctx.id, "id": id_})


def change_payment_method(
    db: Connection[Any], ctx: AccountContext, id_: int, method_id: int, *, actor: str = "system"
) -> None:
    """Charge a subscription's coming cycles by another stored method of the account.

    Raises ``UnknownSubscription``, and ``RefusedTransition`` if the subscription has ended, or for a method that has
    expired or is of a kind that was not agreed.
    """
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        if is_terminal(Status(row.status)):
            raise RefusedTransition(f"The subscription is {row.status}: nothing will be charged any more.")
        usable_method(db, ctx, method_id, accepted_methods(db, ctx, id_))
        db.execute(
            "UPDATE subscription SET payment_method_id = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [method_id, ctx.now, ctx.id, id_],
        )
        changes = journal.changed(payment_method_id=(row.payment_method_id, method_id))
        event = journal.NewEvent("subscription.payment_method_changed", "subscription", id_, id_, changes)
        journal.write(db, ctx.id, ctx.now, [event], actor)
