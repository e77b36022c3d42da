"""Why an invoice comes to its amount: which cycle it bills, line by line, and what became of it since."""

from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.proof.explain_credit import read_credit, tell_credit_notes, tell_credit_used
from kalends.proof.explain_next import UnknownSubscription, explain_next
from kalends.proof.explain_proration import (
    REASON,
    shares_billed,
    tell_credited_days,
    tell_days_left,
    tell_shares,
)
from kalends.proof.explanation import Explanation, Fact, lines_of, tell_price, tell_schedule
from kalends.proof.oracle.dates import Anchor, cycle_day
from kalends.proof.schedules import Schedule, anchor_of, moves_of
from kalends.proof.words import EVERY, day, times

__all__ = ["Explanation", "Fact", "UnknownInvoice", "UnknownSubscription", "explain_invoice", "explain_next"]

METHODS = {
    "card": "card",
    "ach": "bank debit (ACH)",
    "sepa": "bank debit (SEPA)",
    "bacs": "bank debit (Bacs)",
    "pads": "bank debit (PAD)",
    "check": "check",
    "wire_transfer": "wire transfer",
    "cash": "cash",
}
"""How payments are made, in words; what is not here is called 'another way'."""


class UnknownInvoice(LookupError):
    """There is no invoice of that number or id; the message says what would be one."""


class _Invoice(NamedTuple):
    """A row of ``sql/explain_invoice.sql``."""

    id: int
    number: str | None
    status: str
    currency: str
    collection: str
    cycle: int | None
    reason: str
    period_start: date | None
    period_end: date | None
    invoice_date: date | None
    due_date: date | None
    net_terms_days: int
    subtotal_minor: int
    order_discount_minor: int
    fees_minor: int
    tax_minor: int
    total_minor: int
    paid_minor: int
    credited_minor: int
    subscription: int | None
    subscription_name: str | None
    frequency: str
    start_date: date
    anchor_date: date
    anchor_cycle: int
    contact: str | None
    email: str | None


class _Charge(NamedTuple):
    """A row of ``sql/explain_charges.sql``."""

    attempt: int
    status: str
    amount_minor: int
    answered_on: date
    settled_on: date | None
    method_kind: str
    brand: str | None
    last4: str | None
    reference: str | None
    reason: str | None
    retry_on: date | None
    whole_minor: int | None
    invoices: int

    @property
    def method(self) -> str:
        """By which means, as people recognize it."""
        words = METHODS.get(self.method_kind, "another way")
        known = " ".join(part for part in (self.brand, self.last4) if part)
        return f"{words} {known}" if known else words


class _TakenBack(NamedTuple):
    """A row of ``sql/explain_taken_back.sql``: a refund, or a dispute, and on which day it came to its status."""

    is_dispute: bool
    status: str
    amount_minor: int
    on: date
    reason: str | None
    began_at: datetime


def explain_invoice(db: Connection[Any], ctx: AccountContext, number_or_id: str) -> Explanation:
    """Explain an invoice, found by its number (``INV-1042``, in any case) or its id.

    Raises ``UnknownInvoice``, which names the value and what would be right.
    """
    invoice = _find(db, ctx, number_or_id)
    name = f"Invoice {invoice.number}" if invoice.number else f"Draft invoice {invoice.id}"
    explanation = Explanation(name, invoice.currency, _facts(invoice))
    shares = shares_billed(db, ctx, invoice.id) if invoice.reason.startswith(REASON) else []
    if shares:
        tell_days_left(explanation, shares, invoice.cycle or 0, invoice.subscription_name)
    elif invoice.subscription is not None and invoice.cycle is not None:
        _tell_cycle(db, ctx, explanation, invoice, invoice.subscription, invoice.cycle)
    else:
        explanation.tell(
            "reason", "made-by-hand", "It was made by hand and belongs to no subscription's cycle."
        )
    _tell_dates(explanation, invoice)
    if shares:
        total = tell_shares(explanation, shares)
    else:
        total = tell_price(explanation, lines_of(db, ctx.id, invoice.id))
    _tell_order(explanation, invoice, total)
    _tell_charges(db, ctx, explanation, invoice)
    _tell_taken_back(db, ctx, explanation, invoice)
    return explanation


def _find(db: Connection[Any], ctx: AccountContext, wanted: str) -> _Invoice:
    wanted = wanted.strip()
    id_ = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else None
    params = {"account_id": ctx.id, "wanted": wanted, "id": id_}
    row = db.execute(load("kalends.proof", "explain_invoice"), params).fetchone()
    if row is None:
        newest = db.execute(
            "SELECT number FROM invoice WHERE account_id = %s AND number IS NOT NULL ORDER BY id DESC LIMIT 1",
            [ctx.id],
        ).fetchone()
        remedy = f"give a number such as {newest[0]}" if newest else "nothing has been invoiced in it yet"
        raise UnknownInvoice(f"There is no invoice {wanted!r} in account {ctx.name}; {remedy}.")
    return _Invoice(*row)


def _facts(invoice: _Invoice) -> list[Fact]:
    facts = [("customer", "Customer", invoice.contact or invoice.email), ("status", "Status", invoice.status)]
    if invoice.subscription is not None:
        name = f"{invoice.subscription_name} ({invoice.subscription})"
        facts.append(("subscription", "Subscription", name))
    if invoice.period_start and invoice.period_end:
        last = date.fromordinal(invoice.period_end.toordinal() - 1)
        facts.append(("period", "Period", f"{day(invoice.period_start)} to {day(last)}"))
    if invoice.invoice_date:
        facts.append(("invoice_date", "Invoice date", day(invoice.invoice_date)))
    if invoice.due_date:
        facts.append(("due_date", "Due date", day(invoice.due_date)))
    return [Fact(name, label, value) for name, label, value in facts if value]


def _tell_cycle(
    db: Connection[Any],
    ctx: AccountContext,
    explanation: Explanation,
    invoice: _Invoice,
    subscription: int,
    cycle: int,
) -> None:
    """Which cycle of which subscription it bills, and why that cycle falls on its day."""
    frequency = invoice.frequency
    explanation.tell(
        "reason",
        "cycle-of-subscription",
        f"It bills cycle {cycle + 1} of subscription {subscription} ({invoice.subscription_name}), "
        f"which is billed {EVERY[frequency]}.",
        cycle=cycle + 1,
        subscription=subscription,
        name=invoice.subscription_name,
        frequency=frequency,
    )
    schedule = Schedule(
        subscription, frequency, invoice.start_date, Anchor(invoice.anchor_date, invoice.anchor_cycle)
    )
    anchor = anchor_of(schedule, cycle, moves_of(db, ctx.id, [schedule]))
    tell_schedule(explanation, anchor, frequency, cycle)
    if invoice.period_start and invoice.period_start != cycle_day(anchor, frequency, cycle):
        explanation.tell(
            "reason",
            "differs-from-schedule",
            f"The invoice itself says {day(invoice.period_start)}, which is not that day: run 'kalends verify'.",
            stands=invoice.period_start,
        )


def _tell_dates(explanation: Explanation, invoice: _Invoice) -> None:
    """When it was billed and why it is due on its day."""
    if invoice.invoice_date is None or invoice.due_date is None:
        return
    if invoice.period_start and invoice.invoice_date > invoice.period_start:
        late = (invoice.invoice_date - invoice.period_start).days
        explanation.tell(
            "reason",
            "billed-late",
            f"It was billed on {day(invoice.invoice_date)}, {times(late, 'day')} after that, and is dated then.",
            days=late,
            date=invoice.invoice_date,
        )
    if invoice.collection == "automatic":
        text = f"It is charged automatically, and so due at once, on {day(invoice.due_date)}."
        explanation.tell("reason", "due-at-once", text, date=invoice.due_date)
        return
    explanation.tell(
        "reason",
        "due-after-net-terms",
        f"It is due on {day(invoice.due_date)}: {times(invoice.net_terms_days, 'day')} after "
        f"{day(invoice.invoice_date)}.",
        days=invoice.net_terms_days,
        date=invoice.due_date,
    )


def _tell_order(explanation: Explanation, invoice: _Invoice, total: int) -> None:
    """What was taken off or added for the whole order is kept as an amount only, without its terms."""
    off, fees = invoice.order_discount_minor, invoice.fees_minor
    if off:
        explanation.count("price", "-", "order-discount-as-recorded", "Discount on the whole order", off)
    if fees:
        explanation.count("price", "+", "fees-as-recorded", "Fees", fees)
    if off or fees:
        tax = invoice.tax_minor
        text = f"Total, with {explanation.money(tax)} of tax on what is left after discounts and with fees"
        explanation.count(
            "price", "=", "total-as-recorded", text, invoice.total_minor, tax=explanation.money(tax)
        )
    elif total != invoice.total_minor:
        text = "The invoice itself says another total: run 'kalends verify'"
        explanation.count("price", "=", "differs-from-record", text, invoice.total_minor)


def _tell_charges(
    db: Connection[Any], ctx: AccountContext, explanation: Explanation, invoice: _Invoice
) -> None:
    """What credit paid, every attempt to collect the rest, what was taken back, and what is still due."""
    params = {"account_id": ctx.id, "zone": ctx.time_zone, "invoice": invoice.id}
    rows = db.execute(load("kalends.proof", "explain_charges"), params).fetchall()
    credit = read_credit(db, ctx, invoice.id)
    tell_credit_used(explanation, credit, invoice.total_minor, automatic=invoice.collection == "automatic")
    under_way = 0
    for charge in map(_Charge._make, rows):
        _tell_charge(explanation, charge)
        if charge.whole_minor is not None and charge.invoices > 1:
            whole = explanation.money(charge.whole_minor)
            text = f"It was part of one charge of {whole} at checkout, which paid {charge.invoices} invoices."
            explanation.tell("payments", "part-of-charge", text, amount=whole, invoices=charge.invoices)
        under_way += charge.amount_minor if charge.status in ("intended", "sent", "processing") else 0
    tell_credit_notes(explanation, credit)
    tell_credited_days(db, ctx, explanation, invoice.id)
    if invoice.status == "voided":
        explanation.tell("payments", "voided", "It was voided: nothing is due.")
        return
    due = invoice.total_minor - invoice.paid_minor - invoice.credited_minor
    text = "Still due" if due else "Nothing is due any more"
    if due and under_way:
        text = f"Still due, of which {explanation.money(under_way)} is being collected"
    elif due and invoice.due_date and invoice.due_date < ctx.today:
        text = f"Still due; it should have been paid by {day(invoice.due_date)}"
    rule = "balance-due" if due else "settled"
    explanation.count("payments", "=", rule, text, due, under_way=explanation.money(under_way))


def _tell_charge(explanation: Explanation, charge: _Charge) -> None:
    on = charge.settled_on if charge.status == "succeeded" and charge.settled_on else charge.answered_on
    given = {"attempt": charge.attempt, "method": charge.method, "date": on, "reference": charge.reference}
    amount = explanation.money(charge.amount_minor)
    if charge.status == "succeeded":
        noted = f", reference {charge.reference}" if charge.reference else ""
        text = f"Paid on {day(on)} by {charge.method}{noted}"
        explanation.count("payments", "-", "paid", text, charge.amount_minor, **given)
    elif charge.status == "processing":
        text = f"{amount} was asked for on {day(on)} by {charge.method} and is being processed by the bank."
        explanation.tell("payments", "processing", text, amount=amount, **given)
    elif charge.status == "failed":
        why = f": {charge.reason.rstrip('.')}" if charge.reason else ""
        text = f"Charge {charge.attempt} of {amount} by {charge.method} failed on {day(on)}{why}."
        explanation.tell("payments", "charge-failed", text, amount=amount, reason=charge.reason, **given)
        if charge.retry_on:
            text = f"It will be tried again on {day(charge.retry_on)}."
            explanation.tell("payments", "retry-planned", text, date=charge.retry_on)
    else:
        text = (
            f"A charge of {amount} by {charge.method} was decided on {day(on)}; its outcome is not known yet."
        )
        explanation.tell("payments", "charge-without-answer", text, amount=amount, **given)


_REFUNDS = {
    "succeeded": ("refunded", "{amount} was given back on {day}, and the invoice stays paid."),
    "failed": ("refund-failed", "A refund of {amount} failed after {day}{why}."),
    "under way": ("refund-under-way", "A refund of {amount} was decided on {day} and is under way."),
}
_DISPUTES = {
    "open": ("disputed", "The customer disputes {amount} since {day}, and the bank has not decided."),
    "won": ("dispute-won", "The bank decided a dispute about {amount} for the business on {day}."),
    "lost": (
        "dispute-lost",
        "The bank decided a dispute about {amount} for the customer on {day}, and it is written off.",
    ),
}


def _tell_taken_back(
    db: Connection[Any], ctx: AccountContext, explanation: Explanation, invoice: _Invoice
) -> None:
    """What was given back or disputed of the payments: none of it is owed again."""
    params = {"account_id": ctx.id, "zone": ctx.time_zone, "invoice": invoice.id}
    rows = db.execute(load("kalends.proof", "explain_taken_back"), params).fetchall()
    for taken in map(_TakenBack._make, rows):
        known = _DISPUTES if taken.is_dispute else _REFUNDS
        rule, text = known[taken.status]
        amount = explanation.money(taken.amount_minor)
        why = f": {taken.reason.rstrip('.')}" if taken.reason else ""
        told = text.format(amount=amount, day=day(taken.on), why=why)
        explanation.tell("payments", rule, told, amount=amount, date=taken.on, reason=taken.reason)
