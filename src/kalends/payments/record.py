"""Money that came outside a processor, recorded by hand or by a bank file: one or thousands at once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, integers, load, take_ids
from kalends.core.money import format_minor
from kalends.events import journal
from kalends.events.requests import once
from kalends.payments.outcomes import SETTLED, Outcome, Written, write_outcomes


class CannotRecord(ValueError):
    """A payment that does not fit its invoice; the message says which, and what would be right."""


class PartNotAllowed(CannotRecord):
    """Less than is owed, on an invoice that is to be paid in one."""


class ReceivedPayment(NamedTuple):
    """Money received on an invoice: how much in minor units, by which means (check, wire_transfer, cash, other).

    ``received_at`` is None for money that has just come.
    """

    invoice_id: int
    amount_minor: int
    kind: str
    received_at: datetime | None = None
    reference: str | None = None


@dataclass(slots=True)
class Recorded(Written):
    """How many payments were written, and their ids in the order in which they were given."""

    payments: list[int] = field(default_factory=list[int])


class _Payable(NamedTuple):
    """An invoice that money came for; ``owed_minor`` is what no payment under way asks for already."""

    id: int
    number: str
    status: str
    owed_minor: int
    currency: str
    takes_parts: bool
    attempt: int


def record_payments(
    db: Connection[Any],
    ctx: AccountContext,
    received: Sequence[ReceivedPayment],
    *,
    request_key: str | None = None,
    actor: str = "system",
) -> Recorded:
    """Record payments and settle their invoices, at most one payment per invoice in a call.

    Raises ``CannotRecord`` before anything is written when an invoice is unknown, not open, or owes less, and
    ``PartNotAllowed`` when it owes more and takes no partial payments. The same ``request_key`` records once.
    """
    if not received:
        return Recorded()
    asked = {"payments": [item._asdict() for item in received]}
    written = once(
        db, ctx, "payment", request_key, asked, lambda: asdict(_record(db, ctx, received, actor)), actor=actor
    )
    return Recorded(**written)


def _record(
    db: Connection[Any], ctx: AccountContext, received: Sequence[ReceivedPayment], actor: str
) -> Recorded:
    attempts = _check(db, ctx, received)
    ids = take_ids(db, len(received))
    rows = [
        (
            id_,
            item.invoice_id,
            attempts[item.invoice_id],
            item.amount_minor,
            item.kind,
            item.received_at or ctx.now,
            item.reference,
        )
        for id_, item in zip(ids, received, strict=True)
    ]
    names = ("ids", "invoices", "attempts", "amounts", "kinds", "ats", "references")
    params = {"account_id": ctx.id, "now": ctx.now, **arrays(names, rows)}
    db.execute(load("kalends.payments", "record_payments"), params)
    outcomes = [
        Outcome(
            item.invoice_id,
            attempts[item.invoice_id],
            "succeeded",
            item.received_at or ctx.now,
            item.reference,
        )
        for item in received
    ]
    return Recorded(**asdict(write_outcomes(db, ctx, outcomes, actor=actor)), payments=ids)


def pay_with(
    db: Connection[Any], ctx: AccountContext, payment_id: int, invoice_id: int, *, actor: str = "system"
) -> None:
    """Let a payment that was written down by itself pay an open invoice, as if it had been recorded on it.

    Raises ``CannotRecord`` before anything is written when the payment did not succeed, was given back in part, or does
    not fit the invoice.
    """
    with db.transaction():
        payables = _payables(db, ctx, [invoice_id])
        row = db.execute(
            "SELECT status, currency, amount_minor, refunded_minor, method_kind, initiated_at, reference_number "
            "FROM payment WHERE account_id = %s AND id = %s AND invoice_id IS NULL FOR UPDATE",
            [ctx.id, payment_id],
        ).fetchone()
        payable = payables.get(invoice_id)
        if row is None or payable is None:
            raise CannotRecord(f"There is no such payment {payment_id} that could pay invoice {invoice_id}.")
        status, currency, amount, refunded, *_, received_at, reference = row
        if status != SETTLED or refunded:
            raise CannotRecord(
                f"Payment {payment_id} is {status.replace('_', ' ')}: only one that succeeded, and of which nothing "
                f"was given back, pays an invoice."
            )
        if currency != payable.currency:
            raise CannotRecord(
                f"Payment {payment_id} is in {currency}, invoice {payable.number} in {payable.currency}."
            )
        _refuse_what_does_not_fit(payable, amount)
        db.execute(
            load("kalends.payments", "pay_with"),
            {
                "account_id": ctx.id,
                "id": payment_id,
                "invoice": invoice_id,
                "attempt": payable.attempt,
                "now": ctx.now,
            },
        )
        changes = journal.changed(invoice_id=(None, invoice_id))
        event = journal.NewEvent("payment.updated", "payment", payment_id, None, changes)
        journal.write(db, ctx.id, ctx.now, [event], actor)
        write_outcomes(
            db, ctx, [Outcome(invoice_id, payable.attempt, SETTLED, received_at, reference)], actor=actor
        )


def _check(db: Connection[Any], ctx: AccountContext, received: Sequence[ReceivedPayment]) -> dict[int, int]:
    """The attempt number that each invoice's payment gets, after a look at what each invoice owes."""
    known = _payables(db, ctx, [item.invoice_id for item in received])
    if len({item.invoice_id for item in received}) != len(received):
        raise CannotRecord("An invoice stands twice in one list of payments. Record its payments one by one.")
    for item in received:
        payable = known.get(item.invoice_id)
        if payable is None:
            raise CannotRecord(f"There is no invoice {item.invoice_id} in this account.")
        _refuse_what_does_not_fit(payable, item.amount_minor)
    return {payable.id: payable.attempt for payable in known.values()}


def _payables(db: Connection[Any], ctx: AccountContext, ids: Sequence[int]) -> dict[int, _Payable]:
    """Invoices that money came for, locked until the transaction ends."""
    params = {"account_id": ctx.id, "invoices": integers(ids)}
    db.execute(load("kalends.payments", "lock_subscriptions"), params)
    db.execute(load("kalends.payments", "lock_invoices"), params)
    rows = db.execute(load("kalends.payments", "invoices_to_pay"), params).fetchall()
    return {row[0]: _Payable(*row) for row in rows}


def _refuse_what_does_not_fit(payable: _Payable, amount_minor: int) -> None:
    amount, owed = (format_minor(minor, payable.currency) for minor in (amount_minor, payable.owed_minor))
    if payable.status != "open":
        raise CannotRecord(
            f"Invoice {payable.number} is {payable.status}. Only an open invoice takes a payment."
        )
    if not 0 < amount_minor <= payable.owed_minor:
        raise CannotRecord(
            f"{amount} does not fit invoice {payable.number}: it owes {owed} besides what is still being processed. "
            f"Record at most that."
        )
    if amount_minor < payable.owed_minor and not payable.takes_parts:
        raise PartNotAllowed(
            f"{amount} is a part of the {owed} that invoice {payable.number} owes, and it takes no partial payments. "
            f"Record the whole, or allow partial payments on this invoice first."
        )


def allow_partial_payments(
    db: Connection[Any],
    ctx: AccountContext,
    invoice_id: int,
    *,
    allowed: bool = True,
    actor: str = "system",
) -> bool:
    """Say whether an open invoice may be paid in parts; returns whether that is something new.

    A new invoice has it from the account's setting ``partial_payments``. Raises ``CannotRecord``.
    """
    with db.transaction():
        params = {"account_id": ctx.id, "invoices": integers([invoice_id]), "id": invoice_id}
        db.execute(load("kalends.payments", "lock_subscriptions"), params)
        db.execute(load("kalends.payments", "lock_invoices"), params)
        row = db.execute(
            "SELECT number, status, subscription_id FROM invoice WHERE account_id = %(account_id)s AND id = %(id)s",
            params,
        ).fetchone()
        if row is None:
            raise CannotRecord(f"There is no invoice {invoice_id} in this account.")
        number, status, subscription_id = row
        if status != "open":
            raise CannotRecord(f"Invoice {number} is {status}. Only an open invoice is still to be paid.")
        changed = {**params, "allowed": allowed, "now": ctx.now}
        if not db.execute(load("kalends.payments", "allow_partial_payments"), changed).rowcount:
            return False
        data = journal.changed(allow_partial_payments=(not allowed, allowed))
        event = journal.NewEvent("invoice.edited", "invoice", invoice_id, subscription_id, data)
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return True
