"""Giving money back: never more than was paid, fees kept, the subscription goes on.

A refund is decided in a transaction, sent outside any, and what became of it is written when the processor says so:
at once, or after banking days. Money that came outside a processor is given back outside, and only recorded here.
"""

from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load, take_ids
from kalends.core.money import format_minor
from kalends.core.postings import refund_recorded, refund_requested
from kalends.events import journal
from kalends.ledger import book
from kalends.payments.give_back import Settled, settle_refunds

REFUNDABLE = ("succeeded", "partially_refunded", "processing_refund")


class CannotRefund(ValueError):
    """A refund that cannot be made; the message says why and what would be right."""


class _Paid(NamedTuple):
    id: int
    status: str
    amount_minor: int
    given_back_minor: int
    refunds: int
    currency: str
    processor: str
    method_kind: str
    invoice_id: int | None
    subscription_id: int | None

    @property
    def left_minor(self) -> int:
        """What can still be given back."""
        return self.amount_minor - self.given_back_minor

    @property
    def is_refundable(self) -> bool:
        """Collected money, or a bank debit on its way: that is given back once it has settled."""
        return self.status in REFUNDABLE or (self.status == "processing" and self.method_kind != "card")


def request_refund(
    db: Connection[Any],
    ctx: AccountContext,
    payment_id: int,
    amount_minor: int,
    *,
    reason: str = "",
    actor: str = "system",
) -> int:
    """Decide to give ``amount_minor`` of a payment back; returns the refund's id. ``send_refunds`` sends it.

    Raises ``CannotRefund`` when the payment is not there, cannot be refunded, or has not that much left.
    """
    with db.transaction():
        paid = _locked(db, ctx, payment_id)
        _check(paid, amount_minor)
        refund_id = take_ids(db, 1)[0]
        by_hand = paid.processor == "none"
        params = {
            "account_id": ctx.id,
            "id": refund_id,
            "payment_id": payment_id,
            "number": paid.refunds + 1,
            "amount": amount_minor,
            "currency": paid.currency,
            "reason": reason or None,
            "actor": actor,
            "now": ctx.now,
        }
        db.execute(load("kalends.payments", "insert_refund"), params)
        transfers = refund_recorded(amount_minor) if by_hand else refund_requested(amount_minor)
        entry = book.Entry(refund_id, 0, ctx.today, paid.currency, transfers, paid.invoice_id, payment_id)
        book.post(db, ctx.id, [entry])
        data = {"amount_minor": amount_minor, "currency": paid.currency, "reason": reason or None}
        if paid.status != "processing":
            data |= journal.changed(status=(paid.status, "processing_refund"))
        event = journal.NewEvent(
            "payment.refund_requested", "payment", payment_id, paid.subscription_id, data
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
        if by_hand:
            settle_refunds(db, ctx, [Settled(refund_id, "succeeded", ctx.now)])
    return refund_id


def _check(paid: _Paid, amount_minor: int) -> None:
    if not paid.is_refundable:
        raise CannotRefund(
            f"Payment {paid.id} is {paid.status.replace('_', ' ')}. Only a payment that was collected, or a bank "
            f"debit that is under way, can be refunded."
        )
    if not 0 < amount_minor <= paid.left_minor:
        raise CannotRefund(
            f"{format_minor(amount_minor, paid.currency)} cannot be given back: of payment {paid.id} "
            f"{format_minor(paid.left_minor, paid.currency)} is left."
        )


def _locked(db: Connection[Any], ctx: AccountContext, payment_id: int) -> _Paid:
    params = {"account_id": ctx.id, "payment_id": payment_id}
    db.execute(load("kalends.payments", "lock_payment"), params)
    row = db.execute(load("kalends.payments", "payment_to_refund"), params).fetchone()
    if row is None:
        raise CannotRefund(f"There is no payment {payment_id} in this account.")
    return _Paid(*row)
