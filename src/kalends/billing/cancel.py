"""Canceling: at once, at the end of the paid period, or after the last retry; with unused days given back if wanted."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.billing.compose import DueSubscription
from kalends.billing.locking import locked
from kalends.billing.telling import tell_customer
from kalends.billing.unused import Unused, shares_of, unused_days
from kalends.core.lifecycle import Cause, RefusedTransition, Status, transition
from kalends.events import journal
from kalends.messages import outbox
from kalends.payments.refund import request_refund
from kalends.payments.unsent import give_up_unsent
from kalends.platform.patience import patient


class Canceled(NamedTuple):
    """What a cancellation leaves behind: bank debits under way are neither stopped nor refunded by it."""

    canceled: int
    debits_under_way: int


class GivenBack(NamedTuple):
    """A refund that was decided on. ``by_hand``: it is recorded, and a person has to hand the money back."""

    payment_id: int
    refund_id: int
    amount_minor: int
    by_hand: bool


class CanceledWithRefund(NamedTuple):
    """A cancellation, what of the paid days was not used, and the refunds that were decided on."""

    debits_under_way: int
    unused: Unused
    refunds: list[GivenBack]


def cancel_subscriptions(
    db: Connection[Any],
    ctx: AccountContext,
    ids: Sequence[int],
    *,
    cause: Cause = Cause.CANCELED,
    reason: str = "",
    actor: str = "system",
) -> Canceled:
    """Cancel subscriptions at once: nothing more is billed, charged or retried. Open invoices stay open.

    ``reason`` is kept in the journal. Raises ``UnknownSubscription``, or ``RefusedTransition`` if one has ended
    already; then nothing is changed.
    """
    with db.transaction():
        rows = locked(db, ctx, ids)
        for row in rows:
            transition(Status(row.status), cause)
        params = {"account_id": ctx.id, "now": ctx.now, "today": ctx.today, "ids": integers(ids)}
        give_up_unsent(db, ctx, ids, Status.CANCELED)
        before = fetch(db, load("kalends.billing", "cancel"), params)
        counted = db.execute(load("kalends.payments", "debits_under_way"), params).fetchone()
        assert counted is not None
        why = {"cause": cause.value, "reason": reason} if reason else {"cause": cause.value}
        _journal(db, ctx, rows, {row[0]: row[1:] for row in before}, why, actor)
        letters = [
            outbox.Letter("canceled", row.id, row.contact_id) for row in rows if row.contact_id is not None
        ]
        outbox.queue(db, ctx.id, ctx.now, letters, status=ctx.settings.letters)
    return Canceled(len(rows), counted[0])


def _journal(
    db: Connection[Any],
    ctx: AccountContext,
    rows: Sequence[DueSubscription],
    before: Mapping[int, Sequence[date | None]],
    why: Mapping[str, str],
    actor: str,
) -> None:
    """Tell of cancellations, why they happened, and what stood on the subscriptions before."""
    events: list[journal.NewEvent] = []
    for row in rows:
        churned, cancel_on, pause_on, resume_on = before[row.id]
        changes = journal.changed(
            status=(row.status, Status.CANCELED.value),
            churn_date=(churned, churned or ctx.today),
            next_due_date=(row.next_due_date, None),
            next_amount_minor=(row.next_amount_minor, None),
            cancel_on=(cancel_on, None),
            pause_on=(pause_on, None),
            resume_on=(resume_on, None),
        )
        data = {**why, **changes}
        events.append(journal.NewEvent("subscription.canceled", "subscription", row.id, row.id, data))
    journal.write(db, ctx.id, ctx.now, events, actor)


def cancel(
    db: Connection[Any],
    ctx: AccountContext,
    id_: int,
    *,
    refund_unused: bool = False,
    refund_minor: int | None = None,
    reason: str = "",
    actor: str = "system",
) -> CanceledWithRefund:
    """Cancel a subscription at once and, if wanted, decide to give the unused days back; ``send_refunds`` sends that.

    ``refund_minor`` is an amount of one's own instead of the suggested one. What a bank debit under way will bring is
    neither stopped nor given back. Raises as ``cancel_subscriptions`` does, and ``CannotRefund`` for more than the
    payments of the running period have left; nothing is changed then.
    """
    with db.transaction():
        locked(db, ctx, [id_])
        unused = unused_days(db, ctx, id_)
        canceled = cancel_subscriptions(db, ctx, [id_], reason=reason, actor=actor)
        wanted = refund_minor if refund_minor is not None else unused.suggested_minor if refund_unused else 0
        refunds = [
            GivenBack(
                share.payment_id,
                request_refund(db, ctx, share.payment_id, share.amount_minor, reason=reason, actor=actor),
                share.amount_minor,
                share.by_hand,
            )
            for share in shares_of(unused, wanted)
        ]
    return CanceledWithRefund(canceled.debits_under_way, unused, refunds)


def cancel_at_period_end(
    db: Connection[Any], ctx: AccountContext, id_: int, *, reason: str = "", actor: str = "system"
) -> date:
    """Let a subscription run out: nothing more is billed, and it is canceled when the paid period ends.

    Returns that day; until then ``keep_after_all`` takes it back. ``reason`` is kept in the journal. A pause to come
    is dropped, since nothing is left to be paused. Raises ``UnknownSubscription``, and ``RefusedTransition`` when
    nothing has been billed yet or nothing is to come: then cancel at once.
    """
    with db.transaction():
        (row,) = locked(db, ctx, [id_])
        transition(Status(row.status), Cause.PERIOD_ENDED)
        if row.next_cycle == 0 or row.next_due_date is None:
            raise RefusedTransition(
                "There is no paid period that could end; cancel it with effect now instead."
            )
        ends = row.next_due_date
        waiting = db.execute(
            "SELECT pause_on, resume_on FROM subscription WHERE account_id = %s AND id = %s", [ctx.id, id_]
        ).fetchone()
        assert waiting is not None
        db.execute(
            "UPDATE subscription SET cancel_on = %s, next_due_date = NULL, next_amount_minor = NULL, pause_on = NULL, "
            "resume_on = NULL, updated_at = %s WHERE account_id = %s AND id = %s",
            [ends, ctx.now, ctx.id, id_],
        )
        changes = journal.changed(
            cancel_on=(None, ends),
            next_due_date=(ends, None),
            next_amount_minor=(row.next_amount_minor, None),
            pause_on=(waiting[0], None),
            resume_on=(waiting[1], None),
        )
        told = {"reason": reason, **changes} if reason else changes
        event = journal.NewEvent("subscription.to_be_canceled", "subscription", id_, id_, told)
        event_id = journal.write_one(db, ctx.id, ctx.now, event, actor)
        tell_customer(db, ctx, "to_be_canceled", row, event_id)
    return ends


@patient
def cancel_after_last_retry(db: Connection[Any], ctx: AccountContext) -> int:
    """Cancel the unpaid subscriptions whose last retry failed, where the account has chosen that.

    A charge that is not retried (a hard decline, a bank debit) leaves its customer the same time: until the day of
    the last retry. Nothing is canceled while a charge of the subscription is under way, or was given no retries.
    """
    if not ctx.settings.cancel_after_last_retry or not ctx.settings.retry_days:
        return 0
    params = {"account_id": ctx.id, "day": ctx.billing_day, "last_day": ctx.settings.retry_days[-1]}
    with db.transaction():
        ids = [row[0] for row in fetch(db, load("kalends.billing", "retries_exhausted"), params)]
        if ids:
            cancel_subscriptions(db, ctx, ids, cause=Cause.RETRIES_EXHAUSTED)
    return len(ids)
