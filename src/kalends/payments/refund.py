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
from kalends.events.requests import once
from kalends.ledger import book
from kalends.payments.give_back import Settled, settle_refunds

REFUNDABLE = ("succeeded", "partially_refunded", "processing_refund", "disputed_won")
"""Payments whose money is here: collected, and not taken back by the customer's bank (a dispute that was won)."""


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
    credited_minor: int
    left_on_invoice_minor: int

    @property
    def left_minor(self) -> int:
        """What can still be given back: what went to the customer's balance is not given back once more."""
        left = self.amount_minor - self.given_back_minor
        if self.invoice_id is None:
            return left
        return max(0, min(left, self.left_on_invoice_minor - self.credited_minor))

    @property
    def is_refundable(self) -> bool:
        """Collected money, or a bank debit on its way: that is given back once it has settled."""
        return self.status in REFUNDABLE or (self.status == "processing" and self.method_kind != "card")


def request_refund(
    db: Connection[Any],
    ctx: AccountContext,
    payment_id: int,
    amount_minor: int | None,
    *,
    reason: str = "",
    actor: str = "system",
    request_key: str | None = None,
) -> int:
    """Decide to give ``amount_minor`` of a payment back; returns the refund's id. ``send_refunds`` sends it.

    None is all that is left of it. The same ``request_key`` gives back once, and returns the first refund again.
    Raises ``CannotRefund`` when the payment is not there, cannot be refunded, or has not that much left.
    """
    return once(
        db,
        ctx,
        "refund",
        request_key,
        {"payment": payment_id, "amount_minor": amount_minor, "reason": reason},
        lambda: _decide(db, ctx, payment_id, amount_minor, reason, actor),
        actor=actor,
    )


def _decide(
    db: Connection[Any],
    ctx: AccountContext,
    payment_id: int,
    wanted_minor: int | None,
    reason: str,
    actor: str,
) -> int:
    paid = _locked(db, ctx, payment_id)
    amount_minor = paid.left_minor if wanted_minor is None else wanted_minor
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
    if paid.status != "processing" and not paid.status.startswith("disputed_"):
        data |= journal.changed(status=(paid.status, "processing_refund"))
    event = journal.NewEvent("payment.refund_requested", "payment", payment_id, paid.subscription_id, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)
    if by_hand:
        settle_refunds(db, ctx, [Settled(refund_id, "succeeded", ctx.now)])
    return refund_id


def refundable_minor(db: Connection[Any], ctx: AccountContext, payment_id: int) -> int:
    """What of a payment that was collected can still be given back, in minor units; nothing while it is under way.

    Locks the payment until the transaction ends. Raises ``CannotRefund`` when there is no such payment.
    """
    paid = _locked(db, ctx, payment_id)
    return paid.left_minor if paid.status in REFUNDABLE else 0


def _check(paid: _Paid, amount_minor: int) -> None:
    if not paid.is_refundable:
        raise CannotRefund(
            f"Payment {paid.id} is {paid.status.replace('_', ' ')}. Only a payment that was collected, or a bank "
            f"debit that is under way, can be refunded."
        )
    if not 0 < amount_minor <= paid.left_minor:
        credited = (
            f" {format_minor(paid.credited_minor, paid.currency)} of what was paid on its invoice went to the "
            f"customer's balance by credit notes, and is not given back once more."
            if paid.credited_minor
            else ""
        )
        raise CannotRefund(
            f"{format_minor(amount_minor, paid.currency)} cannot be given back: of payment {paid.id} "
            f"{format_minor(paid.left_minor, paid.currency)} is left.{credited}"
        )


def _locked(db: Connection[Any], ctx: AccountContext, payment_id: int) -> _Paid:
    params = {"account_id": ctx.id, "payment_id": payment_id}
    db.execute(load("kalends.payments", "lock_payment"), params)
    db.execute(load("kalends.payments", "lock_invoice_of_payment"), params)
    db.execute(load("kalends.payments", "lock_payment_row"), params)
    row = db.execute(load("kalends.payments", "payment_to_refund"), params).fetchone()
    if row is None:
        raise CannotRefund(f"There is no payment {payment_id} in this account.")
    return _Paid(*row)
