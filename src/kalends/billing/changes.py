"""What people do to a subscription: cancel, pause, resume. Each use case is one function and one transaction."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.billing.block import agreed_lines
from kalends.billing.compose import DueSubscription, cycle_date, lines_of_cycle, price_cycle
from kalends.core.calendar import Frequency, due_date
from kalends.core.lifecycle import Cause, RefusedTransition, Status, is_terminal, transition
from kalends.events import journal
from kalends.messages import outbox
from kalends.payments.outcomes import NEVER_SENT, Outcome, record_outcomes


class UnknownSubscription(LookupError):
    """There is no such subscription in this account."""


class Canceled(NamedTuple):
    """What a cancellation leaves behind: bank debits under way are neither stopped nor refunded by it."""

    canceled: int
    debits_under_way: int


def cancel_subscriptions(
    db: Connection[Any], ctx: AccountContext, ids: Sequence[int], *, actor: str = "system"
) -> Canceled:
    """Cancel subscriptions at once: nothing more is billed, charged or retried. Open invoices stay open.

    Raises ``UnknownSubscription``, or ``RefusedTransition`` if one has ended already; then nothing is changed.
    """
    with db.transaction():
        rows = _locked(db, ctx, ids)
        after = {row.id: transition(Status(row.status), Cause.CANCELED).value for row in rows}
        params = {"account_id": ctx.id, "now": ctx.now, "today": ctx.today, "ids": integers(ids)}
        stop_unsent(db, ctx, ids)
        db.execute(load("kalends.billing", "cancel"), params)
        counted = db.execute(load("kalends.payments", "debits_under_way"), params).fetchone()
        assert counted is not None
        events = [
            journal.NewEvent(
                "subscription.canceled",
                "subscription",
                row.id,
                row.id,
                journal.changed(status=(row.status, after[row.id]), next_due_date=(row.next_due_date, None)),
            )
            for row in rows
        ]
        journal.write(db, ctx.id, ctx.now, events, actor)
        letters = [
            outbox.Letter("canceled", row.id, row.contact_id) for row in rows if row.contact_id is not None
        ]
        outbox.queue(db, ctx.id, ctx.now, letters, status=ctx.settings.letters)
    return Canceled(len(rows), counted[0])


def stop_unsent(db: Connection[Any], ctx: AccountContext, ids: Sequence[int]) -> None:
    """Give up charges that were decided on but not sent yet, so that nothing is charged from here on."""
    params = {"account_id": ctx.id, "ids": integers(ids)}
    rows = fetch(db, load("kalends.payments", "unsent_attempts"), params)
    reason = "The subscription ended before this charge was sent."
    outcomes = [
        Outcome(invoice, attempt, "failed", ctx.now, None, 0, NEVER_SENT, reason, "hard")
        for invoice, attempt in rows
    ]
    record_outcomes(db, ctx, outcomes)


def pause(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    *,
    resume_on: date | None = None,
    actor: str = "system",
) -> None:
    """Pause an active subscription: nothing is billed until it is resumed, and skipped cycles never are.

    Raises ``UnknownSubscription``, ``RefusedTransition`` unless it is active, ``ValueError`` for a day of resuming
    that is not in the future.
    """
    if resume_on is not None and resume_on <= ctx.today:
        raise ValueError(f"The day of resuming, {resume_on}, is not after today, {ctx.today}.")
    with db.transaction():
        (row,) = _locked(db, ctx, [id_])
        after = transition(Status(row.status), Cause.PAUSED).value
        db.execute(
            load("kalends.billing", "pause"),
            {"account_id": ctx.id, "id": id_, "now": ctx.now, "status": after, "resume_on": resume_on},
        )
        changes = journal.changed(
            status=(row.status, after), next_due_date=(row.next_due_date, None), resume_on=(None, resume_on)
        )
        journal.write(
            db,
            ctx.id,
            ctx.now,
            [journal.NewEvent("subscription.paused", "subscription", id_, id_, changes)],
            actor,
        )


def resume(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    *,
    next_due: date | None = None,
    actor: str = "system",
) -> date | None:
    """Resume a paused subscription; returns its next due date.

    Without ``next_due`` the schedule goes on at its first date that is today or later. A date of one's own becomes
    the new anchor. Cycles in between are skipped, and a fixed term keeps its number of payments. What failed or fell
    overdue during the pause makes it Unpaid or Past due. Raises ``ValueError`` for a date that lies before today.
    """
    if next_due is not None and next_due < ctx.today:
        raise ValueError(f"The next payment due date {next_due} lies before today, {ctx.today}.")
    with db.transaction():
        (row,) = _locked(db, ctx, [id_])
        after, churned = _status_resumed(db, ctx, row)
        anchor, anchor_cycle = _schedule_from(row, next_due or ctx.today, own_date=next_due is not None)
        moved = row._replace(anchor_date=anchor, anchor_cycle=anchor_cycle)
        ended = row.expected_payments is not None and row.next_cycle >= row.expected_payments
        due = None if ended else cycle_date(moved, row.next_cycle)
        lines = lines_of_cycle(agreed_lines(db, ctx.id, [row]).get(id_, ()), row.next_cycle)
        amount = None if due is None else price_cycle(lines, row.currency).total_minor
        end = None if row.expected_payments is None else cycle_date(moved, row.expected_payments)
        db.execute(
            load("kalends.billing", "resume"),
            {
                "account_id": ctx.id,
                "id": id_,
                "now": ctx.now,
                "status": after,
                "churned": churned,
                "anchor": anchor,
                "anchor_cycle": anchor_cycle,
                "due": due,
                "amount": amount,
                "end": end,
            },
        )
        changes = journal.changed(
            status=(row.status, after),
            churn_date=(None, churned),
            next_due_date=(None, due),
            anchor_date=(row.anchor_date, anchor),
            anchor_cycle=(row.anchor_cycle, anchor_cycle),
        )
        journal.write(
            db,
            ctx.id,
            ctx.now,
            [journal.NewEvent("subscription.resumed", "subscription", id_, id_, changes)],
            actor,
        )
    return due


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


def change_payment_method(
    db: Connection[Any], ctx: AccountContext, id_: int, method_id: int, *, actor: str = "system"
) -> None:
    """Charge a subscription's coming cycles by another stored method of the account.

    Raises ``UnknownSubscription``, and ``RefusedTransition`` if the subscription has ended.
    """
    with db.transaction():
        (row,) = _locked(db, ctx, [id_])
        if is_terminal(Status(row.status)):
            raise RefusedTransition(f"The subscription is {row.status}: nothing will be charged any more.")
        db.execute(
            "UPDATE subscription SET payment_method_id = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [method_id, ctx.now, ctx.id, id_],
        )
        changes = journal.changed(payment_method_id=(row.payment_method_id, method_id))
        event = journal.NewEvent("subscription.payment_method_changed", "subscription", id_, id_, changes)
        journal.write(db, ctx.id, ctx.now, [event], actor)


def _schedule_from(row: DueSubscription, earliest: date, *, own_date: bool) -> tuple[date, int]:
    """Anchor and anchor cycle with which the next cycle falls on the schedule's first date from ``earliest`` on."""
    if own_date:
        return earliest, row.next_cycle
    frequency = Frequency(row.frequency)
    periods = row.next_cycle - row.anchor_cycle
    while due_date(row.anchor_date, frequency, periods) < earliest:
        periods += 1
    return row.anchor_date, row.next_cycle - periods


def _locked(db: Connection[Any], ctx: AccountContext, ids: Sequence[int]) -> list[DueSubscription]:
    params = {"account_id": ctx.id, "ids": integers(ids)}
    rows = [DueSubscription(*row) for row in fetch(db, load("kalends.billing", "locked"), params)]
    missing = sorted(set(ids) - {row.id for row in rows})
    if missing:
        raise UnknownSubscription(f"There is no subscription {missing[0]} in this account.")
    return rows
