"""Money that came outside a processor, recorded by hand or by a bank file: one or thousands at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, integers, load, take_ids
from kalends.core.money import format_minor
from kalends.payments.outcomes import Outcome, Written, record_outcomes


class CannotRecord(ValueError):
    """A payment that does not fit its invoice; the message says which, and what would be right."""


class ReceivedPayment(NamedTuple):
    """Money received on an invoice: how much in minor units, by which means (check, wire_transfer, cash, other)."""

    invoice_id: int
    amount_minor: int
    kind: str
    received_at: datetime
    reference: str | None = None


def record_payments(db: Connection[Any], ctx: AccountContext, received: Sequence[ReceivedPayment]) -> Written:
    """Record payments and settle their invoices, at most one payment per invoice in a call.

    Raises ``CannotRecord`` before anything is written when an invoice is unknown, not open, or owes less.
    """
    if not received:
        return Written()
    with db.transaction():
        attempts = _check(db, ctx, received)
        ids = take_ids(db, len(received))
        rows = [
            (
                id_,
                item.invoice_id,
                attempts[item.invoice_id],
                item.amount_minor,
                item.kind,
                item.received_at,
                item.reference,
            )
            for id_, item in zip(ids, received, strict=True)
        ]
        names = ("ids", "invoices", "attempts", "amounts", "kinds", "ats", "references")
        params = {"account_id": ctx.id, "now": ctx.now, **arrays(names, rows)}
        db.execute(load("kalends.payments", "record_payments"), params)
        outcomes = [
            Outcome(item.invoice_id, attempts[item.invoice_id], "succeeded", item.received_at, item.reference)
            for item in received
        ]
        return record_outcomes(db, ctx, outcomes)


def _check(db: Connection[Any], ctx: AccountContext, received: Sequence[ReceivedPayment]) -> dict[int, int]:
    """The attempt number that each invoice's payment gets, after a look at what each invoice owes."""
    params = {"account_id": ctx.id, "invoices": integers(item.invoice_id for item in received)}
    db.execute(load("kalends.payments", "lock_subscriptions"), params)
    rows = db.execute(load("kalends.payments", "invoices_to_pay"), params).fetchall()
    known = {row[0]: row for row in rows}
    if len({item.invoice_id for item in received}) != len(received):
        raise CannotRecord("An invoice stands twice in one list of payments. Record its payments one by one.")
    for item in received:
        row = known.get(item.invoice_id)
        if row is None:
            raise CannotRecord(f"There is no invoice {item.invoice_id} in this account.")
        _, number, status, owed, currency, _attempt = row
        if status != "open":
            raise CannotRecord(f"Invoice {number} is {status}. Only an open invoice takes a payment.")
        if not 0 < item.amount_minor <= owed:
            raise CannotRecord(
                f"{format_minor(item.amount_minor, currency)} does not fit invoice {number}: it owes "
                f"{format_minor(owed, currency)} besides what is still being processed. Record at most that."
            )
    return {row[0]: row[5] for row in rows}
