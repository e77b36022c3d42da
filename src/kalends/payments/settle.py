"""Settling by hand what stayed unknown: staff looked into the processor's own records, and say what became of a charge.

It is written down as any other outcome: paid, it pays the invoice; not paid, it failed, and a card is tried again on
its days. Whatever the processor answers later about that attempt changes nothing any more.
"""

from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.money import format_minor
from kalends.events import journal
from kalends.payments.outcomes import Outcome, write_outcomes

NOT_CHARGED = "not_charged"
"""The failure code of a charge that staff found not to have been made."""


class CannotSettle(ValueError):
    """A charge whose outcome is not for staff to say; the message says why."""


class SettledByHand(NamedTuple):
    """What the payment is afterwards, and the day on which its card is tried again."""

    status: str
    next_retry_on: Any


class _Unanswered(NamedTuple):
    invoice_id: int
    attempt: int
    status: str
    payment_status: str
    amount_minor: int
    currency: str
    subscription_id: int | None
    is_awaited: bool


def settle_by_hand(
    db: Connection[Any],
    ctx: AccountContext,
    payment_id: int,
    *,
    paid: bool,
    reference: str | None = None,
    fee_minor: int = 0,
    reason: str = "",
    actor: str = "system",
) -> SettledByHand:
    """Write what became of a payment's charge that got no answer: ``reference`` is the processor's name for a paid one.

    Raises ``CannotSettle`` for anything that is not unknown, for a paid charge without its reference, and for a fee
    that is no part of the payment.
    """
    with db.transaction():
        unknown = _unknown(db, ctx, payment_id)
        if paid and not (reference or "").strip():
            raise CannotSettle("A charge that was made has a reference at the processor: give that.")
        if not 0 <= fee_minor <= (unknown.amount_minor if paid else 0):
            raise CannotSettle(
                f"A fee of {format_minor(fee_minor, unknown.currency)} does not fit: give it only for a charge that "
                f"was made, and at most {format_minor(unknown.amount_minor, unknown.currency)}."
            )
        write_outcomes(db, ctx, [_outcome(ctx, unknown, paid, reference, fee_minor, reason)], actor=actor)
        data = {
            "amount_minor": unknown.amount_minor,
            "currency": unknown.currency,
            "attempt": unknown.attempt,
            "paid": paid,
            "reference": reference if paid else None,
            "reason": reason or None,
        }
        event = journal.NewEvent(
            "payment.settled_by_hand", "payment", payment_id, unknown.subscription_id, data
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
        row = db.execute(
            "SELECT status, next_retry_on FROM payment WHERE account_id = %s AND id = %s",
            [ctx.id, payment_id],
        ).fetchone()
        assert row is not None
    return SettledByHand(*row)


def _unknown(db: Connection[Any], ctx: AccountContext, payment_id: int) -> _Unanswered:
    params = {"account_id": ctx.id, "payment_id": payment_id}
    db.execute(load("kalends.payments", "lock_payment"), params)
    row = db.execute(load("kalends.payments", "unanswered_attempt"), params).fetchone()
    if row is None:
        raise CannotSettle(f"There is no payment {payment_id} in this account that was ever charged.")
    found = _Unanswered(*row)
    if found.status == "intended":
        raise CannotSettle(
            f"The charge of payment {payment_id} is decided on and not sent yet; the next run sends it. Nothing is "
            f"unknown about it."
        )
    if found.status != "sent":
        raise CannotSettle(
            f"Payment {payment_id} is {found.payment_status.replace('_', ' ')}: its outcome is known. Only a charge "
            f"that got no answer is settled by hand."
        )
    if found.is_awaited:
        raise CannotSettle(
            f"Payment {payment_id} is being charged at this moment. Wait for the processor's answer."
        )
    return found


def _outcome(
    ctx: AccountContext, unknown: _Unanswered, paid: bool, reference: str | None, fee_minor: int, reason: str
) -> Outcome:
    if paid:
        return Outcome(unknown.invoice_id, unknown.attempt, "succeeded", ctx.now, reference, fee_minor)
    why = reason or "The processor has no such charge."
    return Outcome(unknown.invoice_id, unknown.attempt, "failed", ctx.now, None, 0, NOT_CHARGED, why, "soft")
