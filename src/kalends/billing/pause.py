"""Pausing: a time in which nothing is billed, from now or a day to come. Skipped cycles are never billed later."""

from datetime import date
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.billing.block import agreed_lines
from kalends.billing.compose import DueSubscription, cycle_date, lines_of_cycle, price_cycle
from kalends.billing.locking import locked
from kalends.billing.telling import tell_customer, tell_owner
from kalends.core.calendar import Frequency, due_date
from kalends.core.lifecycle import Cause, RefusedTransition, Status, transition
from kalends.events import journal
from kalends.payments.unsent import give_up_unsent


def pause(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    *,
    resume_on: date | None = None,
    reason: str = "",
    actor: str = "system",
) -> None:
    """Pause an active subscription: nothing is billed until it is resumed, and skipped cycles never are.

    It takes the place of a pause to come. Customer and owner are told; ``reason`` is kept in the journal. Raises
    ``UnknownSubscription``, ``RefusedTransition`` unless it is active and goes on (one that waits to be canceled has
    nothing left to be paused), ``ValueError`` for a day of resuming that is not in the future.
    """
    if resume_on is not None and resume_on <= ctx.today:
        raise ValueError(f"The day of resuming, {resume_on}, is not after today, {ctx.today}.")
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        _begin(db, ctx, row, _waiting_pause(db, ctx, row), resume_on, actor, reason)


def pause_later(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    on: date,
    *,
    resume_on: date | None = None,
    reason: str = "",
    actor: str = "system",
) -> None:
    """Pause an active subscription on a day to come, and resume it on a later one where that is given.

    On that day it is paused if it is active then; until then ``keep_after_all`` takes it back, and another pause takes
    its place. ``reason`` is kept in the journal. Raises as ``pause`` does.
    """
    if on <= ctx.today or (resume_on is not None and resume_on <= on):
        raise ValueError(
            f"A pause from {on} until {resume_on or 'further notice'} does not lie ahead of {ctx.today}."
        )
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        before = _waiting_pause(db, ctx, row)
        transition(Status(row.status), Cause.PAUSED)
        db.execute(
            "UPDATE subscription SET pause_on = %s, resume_on = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [on, resume_on, ctx.now, ctx.id, id_],
        )
        changes = journal.changed(pause_on=(before[0], on), resume_on=(before[1], resume_on))
        told = {"reason": reason, **changes} if reason else changes
        event = journal.NewEvent("subscription.to_be_paused", "subscription", id_, id_, told)
        event_id = journal.write_one(db, ctx.id, ctx.now, event, actor)
        tell_customer(db, ctx, "to_be_paused", row, event_id)


def begin_waiting_pause(db: Connection[Any], ctx: AccountContext, id_: int) -> bool:
    """Begin the pause whose day has come, if the subscription is active; else drop it and tell the customer.

    Returns whether it began.
    """
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        waiting = _waiting_pause(db, ctx, row)
        if row.status == Status.ACTIVE:
            _begin(db, ctx, row, waiting, waiting[1], "system")
            return True
        db.execute(
            "UPDATE subscription SET pause_on = NULL, resume_on = NULL, updated_at = %s "
            "WHERE account_id = %s AND id = %s",
            [ctx.now, ctx.id, id_],
        )
        changes = journal.changed(pause_on=(waiting[0], None), resume_on=(waiting[1], None))
        event = journal.NewEvent("subscription.pause_dropped", "subscription", id_, id_, changes)
        event_id = journal.write_one(db, ctx.id, ctx.now, event)
        tell_customer(db, ctx, "kept", row, event_id)
    return False


def _begin(
    db: Connection[Any],
    ctx: AccountContext,
    row: DueSubscription,
    waiting: tuple[date | None, date | None],
    resume_on: date | None,
    actor: str,
    reason: str = "",
) -> None:
    after = transition(Status(row.status), Cause.PAUSED).value
    give_up_unsent(db, ctx, [row.id], Status.PAUSED)
    db.execute(
        load("kalends.billing", "pause"),
        {"account_id": ctx.id, "id": row.id, "now": ctx.now, "status": after, "resume_on": resume_on},
    )
    changes = journal.changed(
        status=(row.status, after),
        next_due_date=(row.next_due_date, None),
        next_amount_minor=(row.next_amount_minor, None),
        pause_on=(waiting[0], None),
        resume_on=(waiting[1], resume_on),
    )
    told = {"reason": reason, **changes} if reason else changes
    event = journal.NewEvent("subscription.paused", "subscription", row.id, row.id, told)
    event_id = journal.write_one(db, ctx.id, ctx.now, event, actor)
    tell_customer(db, ctx, "paused", row, event_id)
    tell_owner(db, ctx, "pause_notice", row, event_id)


def _waiting_pause(
    db: Connection[Any], ctx: AccountContext, row: DueSubscription
) -> tuple[date | None, date | None]:
    """First day and day of resuming of a pause to come. Raises ``RefusedTransition`` if it is to be canceled."""
    found = db.execute(
        "SELECT pause_on, resume_on, cancel_on FROM subscription WHERE account_id = %s AND id = %s",
        [ctx.id, row.id],
    ).fetchone()
    assert found is not None
    pause_on, resume_on, cancel_on = found
    if cancel_on is not None:
        raise RefusedTransition(
            f"It will be canceled on {cancel_on}, and nothing is billed until then, so there is nothing to pause. "
            f"Keep it after all first, or let it run out."
        )
    return pause_on, resume_on


def resume(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    *,
    next_due: date | None = None,
    actor: str = "system",
) -> date | None:
    """Resume a paused subscription; returns its next due date, None when nothing is left to bill here.

    Without ``next_due`` the schedule goes on at its first date that is today or later. A date of one's own becomes
    the new anchor. Cycles in between are skipped, and a fixed term keeps its number of payments. What failed or fell
    overdue during the pause makes it Unpaid or Past due. Raises ``ValueError`` for a date that lies before today.
    """
    if next_due is not None and next_due < ctx.today:
        raise ValueError(f"The next payment due date {next_due} lies before today, {ctx.today}.")
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        after, churned = _status_resumed(db, ctx, row)
        creates_invoices, resume_on, end_before = _standing(db, ctx, id_)
        anchor, anchor_cycle = _schedule_from(row, next_due or ctx.today, own_date=next_due is not None)
        moved = row._replace(anchor_date=anchor, anchor_cycle=anchor_cycle)
        ended = row.expected_payments is not None and row.next_cycle >= row.expected_payments
        due = None if ended or not creates_invoices else cycle_date(moved, row.next_cycle)
        lines = lines_of_cycle(agreed_lines(db, ctx.id, [row]).get(id_, ()), row.next_cycle)
        amount = None if due is None else price_cycle(lines, row.currency).total_minor
        end = None if row.expected_payments is None else cycle_date(moved, row.expected_payments)
        written = {"status": after, "churned": churned, "anchor": anchor, "anchor_cycle": anchor_cycle}
        written |= {"due": due, "amount": amount, "end": end}
        db.execute(
            load("kalends.billing", "resume"), {"account_id": ctx.id, "id": id_, "now": ctx.now, **written}
        )
        changes = journal.changed(
            status=(row.status, after),
            churn_date=(None, churned),
            next_due_date=(None, due),
            anchor_date=(row.anchor_date, anchor),
            anchor_cycle=(row.anchor_cycle, anchor_cycle),
            next_amount_minor=(None, amount),
            resume_on=(resume_on, None),
            end_date=(end_before, end),
        )
        event = journal.NewEvent("subscription.resumed", "subscription", id_, id_, changes)
        event_id = journal.write_one(db, ctx.id, ctx.now, event, actor)
        tell_customer(db, ctx, "resumed", row, event_id)
    return due


def _standing(db: Connection[Any], ctx: AccountContext, id_: int) -> tuple[bool, date | None, date | None]:
    """Whether it creates invoices, its day of resuming, and when its term ends."""
    row = db.execute(
        "SELECT creates_invoices, resume_on, end_date FROM subscription WHERE account_id = %s AND id = %s",
        [ctx.id, id_],
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def _status_resumed(
    db: Connection[Any], ctx: AccountContext, row: DueSubscription
) -> tuple[str, date | None]:
    """The status after a pause, and the churn date that comes with it."""
    after = transition(Status(row.status), Cause.RESUMED)
    params = {"account_id": ctx.id, "id": row.id, "today": ctx.today}
    arrears = db.execute(load("kalends.payments", "arrears"), params).fetchone()
    assert arrears is not None
    failed, overdue = arrears
    if overdue:
        after = transition(after, Cause.INVOICE_OVERDUE)
    if failed:
        after = transition(after, Cause.CHARGE_FAILED)
    return after.value, ctx.today if failed else None


def _schedule_from(row: DueSubscription, earliest: date, *, own_date: bool) -> tuple[date, int]:
    """Anchor and anchor cycle with which the next cycle falls on the schedule's first date from ``earliest`` on."""
    if own_date:
        return earliest, row.next_cycle
    frequency = Frequency(row.frequency)
    periods = row.next_cycle - row.anchor_cycle
    while due_date(row.anchor_date, frequency, periods) < earliest:
        periods += 1
    return row.anchor_date, row.next_cycle - periods
