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
from kalends.core.lifecycle import Cause, RefusedTransition, Status, is_terminal, may_be_deleted, transition
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


def cancel_at_period_end(
    db: Connection[Any], ctx: AccountContext, id_: int, *, actor: str = "system"
) -> date:
    """Let a subscription run out: nothing more is billed, and it is canceled when the paid period ends.

    Returns that day; until then ``keep_after_all`` takes it back. Raises ``UnknownSubscription``, and
    ``RefusedTransition`` when nothing has been billed yet or nothing is to come: then cancel at once.
    """
    with db.transaction():
        (row,) = _locked(db, ctx, [id_])
        transition(Status(row.status), Cause.CANCELED)
        if row.next_cycle == 0 or row.next_due_date is None:
            raise RefusedTransition(
                "There is no paid period that could end; cancel it with effect now instead."
            )
        ends = row.next_due_date
        db.execute(
            "UPDATE subscription SET cancel_on = %s, next_due_date = NULL, next_amount_minor = NULL, updated_at = %s "
            "WHERE account_id = %s AND id = %s",
            [ends, ctx.now, ctx.id, id_],
        )
        changes = journal.changed(cancel_on=(None, ends), next_due_date=(ends, None))
        event = journal.NewEvent("subscription.to_be_canceled", "subscription", id_, id_, changes)
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return ends


def keep_after_all(db: Connection[Any], ctx: AccountContext, id_: int, *, actor: str = "system") -> date:
    """Take back a cancellation that waits for the end of the paid period; returns the next due date.

    Raises ``UnknownSubscription``, and ``RefusedTransition`` when none waits.
    """
    with db.transaction():
        (row,) = _locked(db, ctx, [id_])
        waiting = db.execute(
            "SELECT cancel_on FROM subscription WHERE account_id = %s AND id = %s AND status <> 'canceled'",
            [ctx.id, id_],
        ).fetchone()
        if waiting is None or waiting[0] is None:
            raise RefusedTransition("No cancellation is waiting that could be taken back.")
        lines = lines_of_cycle(agreed_lines(db, ctx.id, [row]).get(id_, ()), row.next_cycle)
        due, amount = cycle_date(row, row.next_cycle), price_cycle(lines, row.currency).total_minor
        db.execute(
            "UPDATE subscription SET cancel_on = NULL, next_due_date = %s, next_amount_minor = %s, updated_at = %s "
            "WHERE account_id = %s AND id = %s",
            [due, amount, ctx.now, ctx.id, id_],
        )
        changes = journal.changed(cancel_on=(waiting[0], None), next_due_date=(None, due))
        event = journal.NewEvent("subscription.kept", "subscription", id_, id_, changes)
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return due


def pause_later(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    on: date,
    *,
    resume_on: date | None = None,
    actor: str = "system",
) -> None:
    """Pause an active subscription on a day to come, and resume it on a later one where that is given.

    On that day it is paused if it is active then. Raises as ``pause`` does.
    """
    if on <= ctx.today or (resume_on is not None and resume_on <= on):
        raise ValueError(
            f"A pause from {on} until {resume_on or 'further notice'} does not lie ahead of {ctx.today}."
        )
    with db.transaction():
        (row,) = _locked(db, ctx, [id_])
        transition(Status(row.status), Cause.PAUSED)
        db.execute(
            "UPDATE subscription SET pause_on = %s, resume_on = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [on, resume_on, ctx.now, ctx.id, id_],
        )
        changes = journal.changed(pause_on=(None, on), resume_on=(None, resume_on))
        event = journal.NewEvent("subscription.to_be_paused", "subscription", id_, id_, changes)
        journal.write(db, ctx.id, ctx.now, [event], actor)


def delete_subscription(db: Connection[Any], ctx: AccountContext, id_: int, *, actor: str = "system") -> None:
    """Delete a subscription that has ended, or that never created invoices, for good.

    Its invoices and payments stay, without the link. Raises ``UnknownSubscription``, ``RefusedTransition``.
    """
    with db.transaction():
        (row,) = _locked(db, ctx, [id_])
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
        event = journal.NewEvent("subscription.deleted", "subscription", id_, id_, {"was": kept[1]})
        journal.write(db, ctx.id, ctx.now, [event], actor)
        db.execute(load("kalends.billing", "delete_subscription"), {"account_id": ctx.id, "id": id_})


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
            status=(row.status, after),
            next_due_date=(row.next_due_date, None),
            next_amount_minor=(row.next_amount_minor, None),
            resume_on=(None, resume_on),
        )
        _tell_of_pause(db, ctx, row, "paused", changes, actor)


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
            next_amount_minor=(None, amount),
        )
        _tell_of_pause(db, ctx, row, "resumed", changes, actor)
    return due


def _tell_of_pause(
    db: Connection[Any],
    ctx: AccountContext,
    row: DueSubscription,
    verb: str,
    changes: dict[str, Any],
    actor: str,
) -> None:
    """Journal a pause or its end, and tell the customer, once for each time."""
    event = journal.NewEvent(f"subscription.{verb}", "subscription", row.id, row.id, changes)
    event_id = journal.write_one(db, ctx.id, ctx.now, event, actor)
    if row.contact_id is not None:
        letter = outbox.Letter(verb, row.id, row.contact_id, str(event_id))
        outbox.queue(db, ctx.id, ctx.now, [letter], status=ctx.settings.letters)


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
        known = "SELECT FROM payment_method WHERE account_id = %s AND id = %s"
        if db.execute(known, [ctx.id, method_id]).fetchone() is None:
            raise RefusedTransition(f"There is no payment method {method_id} in this account.")
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
