"""What a new day brings by itself: cancellations and pauses begin and end, invoices fall overdue, terms expire."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.billing.changes import begin_waiting_pause, cancel_subscriptions, resume
from kalends.core.lifecycle import Cause, Status, transition
from kalends.events import journal
from kalends.platform.patience import patient


@patient
def roll_overdue(db: Connection[Any], ctx: AccountContext) -> int:
    """Mark the invoices that are unpaid after their due date, and their active subscriptions as past due."""
    past_due = transition(Status.ACTIVE, Cause.INVOICE_OVERDUE).value
    params = {"account_id": ctx.id, "now": ctx.now, "today": ctx.today, "past_due": past_due}
    with db.transaction():
        rows = fetch(db, load("kalends.billing", "roll_overdue"), params)
        events = [journal.NewEvent("invoice.overdue", "invoice", id_, parent, {}) for id_, parent, _ in rows]
        seen: set[int] = set()
        for _, parent, was_active in rows:
            if was_active and parent not in seen:
                seen.add(parent)
                data = journal.changed(status=(Status.ACTIVE.value, past_due))
                events.append(journal.NewEvent("subscription.past_due", "subscription", parent, parent, data))
        journal.write(db, ctx.id, ctx.now, events)
    return len(rows)


@patient
def resume_paused(db: Connection[Any], ctx: AccountContext) -> int:
    """End the pauses whose day of resuming has come."""
    query = (
        "SELECT id FROM subscription WHERE account_id = %s AND resume_on <= %s AND status = 'paused' "
        "ORDER BY id FOR UPDATE"
    )
    with db.transaction():
        rows = db.execute(query, [ctx.id, ctx.today]).fetchall()
        for (id_,) in rows:
            resume(db, ctx, id_)
    return len(rows)


@patient
def cancel_due(db: Connection[Any], ctx: AccountContext) -> int:
    """Cancel the subscriptions whose last paid period has ended."""
    query = "SELECT id FROM subscription WHERE account_id = %s AND cancel_on <= %s ORDER BY id FOR UPDATE"
    with db.transaction():
        ids = [row[0] for row in db.execute(query, [ctx.id, ctx.today]).fetchall()]
        if ids:
            cancel_subscriptions(db, ctx, ids, cause=Cause.PERIOD_ENDED)
    return len(ids)


@patient
def pause_due(db: Connection[Any], ctx: AccountContext) -> int:
    """Begin the pauses whose day has come; one that is not active any more goes on as it is.

    A cycle that fell due before its pause and was not billed yet, since nothing ran, is billed first.
    """
    query = (
        "SELECT id FROM subscription WHERE account_id = %s AND pause_on <= %s "
        "AND (creates_invoices AND next_due_date < pause_on AND next_due_date <= %s) IS NOT TRUE ORDER BY id FOR UPDATE"
    )
    with db.transaction():
        ids = [row[0] for row in db.execute(query, [ctx.id, ctx.today, ctx.billing_day]).fetchall()]
        return sum(begin_waiting_pause(db, ctx, id_) for id_ in ids)


@patient
def expire_completed(db: Connection[Any], ctx: AccountContext) -> int:
    """End the fixed terms whose end date has come and whose last payment has settled."""
    if not _a_term_is_over(db, ctx):
        return 0
    expired = transition(Status.ACTIVE, Cause.TERM_COMPLETED).value
    params = {"account_id": ctx.id, "now": ctx.now, "today": ctx.today, "expired": expired}
    with db.transaction():
        rows = fetch(db, load("kalends.billing", "expire_completed"), params)
        events = [
            journal.NewEvent(
                "subscription.expired",
                "subscription",
                id_,
                id_,
                journal.changed(status=(Status.ACTIVE.value, expired), churn_date=(None, ctx.today)),
            )
            for (id_,) in rows
        ]
        journal.write(db, ctx.id, ctx.now, events)
    return len(rows)


def _a_term_is_over(db: Connection[Any], ctx: AccountContext) -> bool:
    query = (
        "SELECT coalesce(min(end_date) <= %s, false) FROM subscription "
        "WHERE account_id = %s AND status IN ('active', 'past_due', 'unpaid')"
    )
    row = db.execute(query, [ctx.today, ctx.id]).fetchone()
    assert row is not None
    return bool(row[0])
