"""What a new day brings by itself: invoices fall overdue, pauses end, fixed terms expire."""

from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, load
from kalends.billing.changes import cancel_subscriptions, pause, resume
from kalends.core.lifecycle import Cause, Status, transition
from kalends.events import journal


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


def resume_paused(db: Connection[Any], ctx: AccountContext) -> int:
    """End the pauses whose day of resuming has come."""
    query = "SELECT id FROM subscription WHERE account_id = %s AND resume_on <= %s AND status = 'paused' ORDER BY id"
    ids = [row[0] for row in db.execute(query, [ctx.id, ctx.today]).fetchall()]
    for id_ in ids:
        resume(db, ctx, id_)
    return len(ids)


def cancel_due(db: Connection[Any], ctx: AccountContext) -> int:
    """Cancel the subscriptions whose last paid period has ended."""
    query = "SELECT id FROM subscription WHERE account_id = %s AND cancel_on <= %s ORDER BY id"
    ids = [row[0] for row in db.execute(query, [ctx.id, ctx.today]).fetchall()]
    if ids:
        cancel_subscriptions(db, ctx, ids)
    return len(ids)


def pause_due(db: Connection[Any], ctx: AccountContext) -> int:
    """Begin the pauses whose day has come; one that is not active any more goes on as it is."""
    query = "SELECT id, status FROM subscription WHERE account_id = %s AND pause_on <= %s ORDER BY id"
    rows = db.execute(query, [ctx.id, ctx.today]).fetchall()
    for id_, status in rows:
        if status == Status.ACTIVE:
            pause(db, ctx, id_)
        else:
            db.execute(
                "UPDATE subscription SET pause_on = NULL, resume_on = NULL, updated_at = %s "
                "WHERE account_id = %s AND id = %s",
                [ctx.now, ctx.id, id_],
            )
    return len(rows)


def expire_completed(db: Connection[Any], ctx: AccountContext) -> int:
    """End the fixed terms whose end date has come and whose last payment has settled."""
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
