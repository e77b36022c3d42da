"""What a paid checkout becomes, in one transaction: contact, method, subscriptions, invoices, payments, ledger.

Everything is made of what was agreed when the charge was decided on. Of two who settle the same checkout one waits for
the other, finds it done and leaves it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.events import journal
from kalends.payments.outcomes import Outcome, write_outcomes
from kalends.payments.processors.interface import ChargeOutcome, GivenMethod
from kalends.platform.patience import patient
from kalends.sales import agreed as agreements
from kalends.sales.checkouts import PAYING, Checkout, checkout_of, lock_checkout
from kalends.sales.codes import count_use, lock_code
from kalends.sales.deals import deals_of, tie_together
from kalends.sales.offers import Settled, source
from kalends.sales.people import payer_of
from kalends.sales.records import Charged, Made, make_records, store_method
from kalends.sales.trouble import Closed

Db = Connection[Any]
TRIES = 3
"""How often a settlement is begun again that met another one with the same new contact."""


class _Charge(NamedTuple):
    status: str
    amount_minor: int
    currency: str
    processor: str
    method: Mapping[str, Any]
    action_url: str | None


@patient
def settle_charge(
    db: Db, ctx: AccountContext, checkout_id: int, attempt: int, outcome: ChargeOutcome
) -> None:
    """Write what became of a checkout's charge, and make its records if it succeeded or is a debit under way.

    A failed one leaves nothing but the reason: the checkout is open again. What is written already is left alone.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            with db.transaction():
                _settle(db, ctx, checkout_id, attempt, outcome)
        except UniqueViolation as met:
            # A contact of this address was made meanwhile by somebody who is not a checkout.
            if met.diag.constraint_name != "contact_email" or not tries_left:
                raise
        else:
            return


def settle_without_charge(db: Db, ctx: AccountContext, checkout_id: int, method: GivenMethod | None) -> None:
    """Settle a checkout of which nothing is due today, in the caller's transaction, which has locked it."""
    checkout = lock_checkout(db, ctx, checkout_id)
    assert checkout.status == PAYING, "only what was agreed is settled"
    _make(db, ctx, checkout, method, None)


def _settle(db: Db, ctx: AccountContext, checkout_id: int, attempt: int, outcome: ChargeOutcome) -> None:
    checkout = _locked(db, ctx, checkout_id)
    key = {"account_id": ctx.id, "checkout_id": checkout_id, "attempt": attempt}
    row = db.execute(load("kalends.sales", "lock_charge"), key).fetchone()
    if checkout.status != PAYING or row is None:
        return
    charge = _Charge(*row)
    if charge.status not in ("sent", "processing"):
        return
    waits = outcome.status == "processing" and bool(outcome.action_url or charge.action_url)
    if waits and charge.status == "processing":
        return
    db.execute(
        load("kalends.sales", "answer_charge"),
        {
            **key,
            "status": outcome.status,
            "now": ctx.now,
            "reference": outcome.reference,
            "fee": outcome.fee_minor,
            "action_url": outcome.action_url if waits else None,
            "code": outcome.failure_code,
            "reason": outcome.failure_message,
        },
    )
    if outcome.status == "failed":
        _reopen(db, ctx, checkout, outcome)
    elif not waits:
        paid = Charged(
            outcome.idempotency_key,
            outcome.status,
            charge.amount_minor,
            outcome.fee_minor,
            outcome.reference,
            charge.processor,
        )
        _make(db, ctx, checkout, _method(charge.method), paid)


def _locked(db: Db, ctx: AccountContext, checkout_id: int) -> Checkout:
    """The checkout, locked after what it uses up, in the order in which a charge is decided on."""
    checkout = checkout_of(db, ctx, checkout_id)
    with suppress(Closed):  # whatever became of the link since: what was paid is settled
        source(checkout.source).lock(db, ctx, checkout.source_id, checkout_id)
    if checkout.discount_code_id is not None:
        lock_code(db, ctx, checkout.discount_code_id)
    return lock_checkout(db, ctx, checkout_id)


def _method(kept: Mapping[str, Any]) -> GivenMethod:
    expires = kept["expires_on"]
    return GivenMethod(**{**kept, "expires_on": None if expires is None else date.fromisoformat(expires)})


def _reopen(db: Db, ctx: AccountContext, checkout: Checkout, outcome: ChargeOutcome) -> None:
    declined = {
        "code": outcome.failure_code or "failed",
        "text": outcome.failure_message or "The payment failed.",
        "at": ctx.now.isoformat(),
    }
    db.execute(
        "UPDATE checkout SET status = 'open', declined = %s, agreed = NULL, offer = NULL, setup_reference = NULL, "
        "setup_number = setup_number + 1, updated_at = %s WHERE account_id = %s AND id = %s",
        [Jsonb(declined), ctx.now, ctx.id, checkout.id],
    )


def _make(
    db: Db, ctx: AccountContext, checkout: Checkout, method: GivenMethod | None, paid: Charged | None
) -> None:
    assert checkout.agreed is not None
    agreed, sold = agreements.read(checkout.agreed), (checkout.source, checkout.source_id)
    payer = payer_of(db, ctx, checkout.buyer, checkout.language)
    deals = deals_of(db, ctx, sold, agreed, checkout.buyer)
    method_id = None
    if method is not None and agreed.subscribes:
        assert checkout.processor is not None
        method_id = store_method(db, ctx, payer.contact_id, checkout.processor, method)
    made = make_records(db, ctx, checkout, agreed, payer, method, method_id, paid)
    settled = _settled(checkout, made, payer, deals, method_id, paid, agreed.currency)
    if paid is not None:
        _write_outcomes(db, ctx, made, paid, ctx.now)
    source(checkout.source).paid(db, ctx, checkout.source_id, settled)
    if checkout.discount_code_id is not None:
        count_use(db, ctx, checkout.discount_code_id)
    tie_together(db, ctx, sold, deals, settled)
    _close(db, ctx, checkout, settled, agreed)


def _settled(
    checkout: Checkout,
    made: Made,
    payer: Any,
    deals: list[int],
    method_id: int | None,
    paid: Charged | None,
    currency: str,
) -> Settled:
    return Settled(
        checkout_id=checkout.id,
        contact_id=payer.contact_id,
        company_id=payer.company_id,
        deal_id=deals[0] if deals else None,
        payment_method_id=method_id,
        subscriptions=made.subscriptions,
        invoices=made.invoices,
        payments=[part.payment_id for part in made.parts],
        paid_minor=0 if paid is None else paid.amount_minor,
        currency=currency,
        pending=paid is not None and paid.status == "processing",
    )


def _write_outcomes(db: Db, ctx: AccountContext, made: Made, paid: Charged, at: datetime) -> None:
    """The outcome of the charge for each payment that it made: the one path of outcomes, with its share of the fee."""
    fees = made.shares(paid.fee_minor)
    outcomes = [
        Outcome(part.invoice_id, 1, paid.status, at, paid.reference, fee)
        for part, fee in zip(made.parts, fees, strict=True)
    ]
    written = write_outcomes(db, ctx, outcomes)
    assert written.succeeded + written.processing == len(outcomes), (
        "an outcome of a new payment was not written"
    )


def _close(
    db: Db, ctx: AccountContext, checkout: Checkout, settled: Settled, agreed: agreements.Agreed
) -> None:
    told = {
        "contact": settled.contact_id,
        "company": settled.company_id,
        "deal": settled.deal_id,
        "subscriptions": settled.subscriptions,
        "invoices": settled.invoices,
        "payments": settled.payments,
        "paid_minor": settled.paid_minor,
        "pending": settled.pending,
    }
    db.execute(
        "UPDATE checkout SET status = 'done', made = %s, contact_id = %s, deal_id = %s, payment_method_id = %s, "
        "declined = NULL, done_at = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [
            Jsonb(told),
            settled.contact_id,
            settled.deal_id,
            settled.payment_method_id,
            ctx.now,
            ctx.now,
            ctx.id,
            checkout.id,
        ],
    )
    data = {
        "checkout": checkout.id,
        "name": agreed.name,
        "amount_minor": settled.paid_minor,
        "currency": settled.currency,
        "pending": settled.pending,
    }
    event = journal.NewEvent("checkout.completed", "contact", settled.contact_id, None, data)
    journal.write(db, ctx.id, ctx.now, [event])
