"""What a subscription's page and an invoice's page read: facts, documents, money and the journal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from kalends.accounts.sql import load
from kalends.core.terms import LineTerms
from kalends.query.context import Cursor

_EVERYTHING = 1000


class Facts(NamedTuple):
    """A subscription with its customer and its payment method."""

    name: str
    status: str
    currency: str
    collection: str
    frequency: str
    anchor_date: date
    anchor_cycle: int
    next_cycle: int
    next_due_date: date | None
    next_amount_minor: int | None
    expected_payments: int | None
    completed_payments: int
    collected_minor: int
    net_days: int
    resume_on: date | None
    end_date: date | None
    creates_invoices: bool
    method_kind: str | None
    brand: str | None
    last4: str | None
    expires_on: date | None
    contact_name: str | None
    contact_email: str | None
    job_title: str | None
    company_name: str | None
    company_place: str | None
    company_domain: str | None


class InvoiceRow(NamedTuple):
    """An invoice in a list, with the state of the latest payment on it. Those of prorated edits are of no cycle."""

    id: int
    number: str | None
    period_start: date | None
    invoice_date: date | None
    due_date: date | None
    currency: str
    status: str
    collection: str
    total_minor: int
    balance_minor: int
    paid_at: datetime | None
    payment_status: str | None
    first_failed_on: date | None
    next_retry_on: date | None
    of_cycle: bool = True


class PaymentRow(NamedTuple):
    """A payment in a list."""

    id: int
    status: str
    initiated_at: datetime
    settled_at: datetime | None
    currency: str
    amount_minor: int
    refunded_minor: int
    method_kind: str
    brand: str | None
    last4: str | None
    failure_code: str | None
    failure_reason: str | None
    next_retry_on: date | None
    invoice_id: int | None
    invoice_number: str | None


class Line(NamedTuple):
    """A line item; amounts only on an invoice."""

    name: str
    description: str | None
    currency: str
    from_cycle: int
    until_cycle: int | None
    period_start: date | None
    period_end: date | None
    tax_label: str | None
    net_minor: int | None
    tax_minor: int | None
    total_minor: int | None
    terms: LineTerms

    def bills(self, cycle: int) -> bool:
        """Whether a subscription's line belongs to a cycle."""
        return self.from_cycle <= cycle and (self.until_cycle is None or cycle < self.until_cycle)


class EventRow(NamedTuple):
    """An entry of the journal with the invoice and the payment method it speaks of."""

    id: int
    at: datetime
    kind: str
    actor: str
    data: dict[str, Any]
    invoice_id: int | None
    invoice_number: str | None
    method_kind: str | None
    brand: str | None
    last4: str | None


class Document(NamedTuple):
    """An invoice as it goes to the customer."""

    id: int
    number: str | None
    status: str
    currency: str
    collection: str
    invoice_date: date | None
    due_date: date | None
    period_start: date | None
    period_end: date | None
    subtotal_minor: int
    order_discount_minor: int
    fees_minor: int
    tax_minor: int
    total_minor: int
    paid_minor: int
    credited_minor: int
    comments: str | None
    tax_ids: str | None
    subscription_id: int | None
    subscription_name: str | None
    contact_name: str | None
    contact_email: str | None
    company_name: str | None
    street: str | None
    street2: str | None
    zip: str | None
    city: str | None
    state: str | None
    country: str | None
    checkout_answers: str | None

    @property
    def balance_minor(self) -> int:
        """What is still to be paid."""
        return 0 if self.status == "voided" else self.total_minor - self.paid_minor - self.credited_minor


def _rows(cursor: Cursor, name: str, **params: Any) -> list[Any]:
    cursor.execute(load("kalends.staff", name), params)
    return list(cursor.fetchall())


def facts(cursor: Cursor, account_id: int, id_: int) -> Facts | None:
    """A subscription, if the account has it."""
    rows = _rows(cursor, "subscription_facts", account_id=account_id, id=id_)
    return Facts(*rows[0]) if rows else None


def invoices(cursor: Cursor, account_id: int, subscription_id: int, limit: int) -> list[InvoiceRow]:
    """A subscription's latest invoices, newest first."""
    rows = _rows(cursor, "invoices_of_subscription", account_id=account_id, id=subscription_id, limit=limit)
    return [InvoiceRow(*row) for row in rows]


def payments(
    cursor: Cursor,
    account_id: int,
    *,
    subscription_id: int | None = None,
    invoice_id: int | None = None,
    limit: int = _EVERYTHING,
) -> list[PaymentRow]:
    """The latest payments of a subscription or on an invoice, newest first."""
    rows = _rows(
        cursor,
        "payments",
        account_id=account_id,
        subscription_id=subscription_id,
        invoice_id=invoice_id,
        limit=limit,
    )
    return [PaymentRow(*row) for row in rows]


def lines(cursor: Cursor, account_id: int, parent_type: str, parent_id: int) -> list[Line]:
    """The lines of a subscription or of an invoice."""
    rows = _rows(cursor, "lines", account_id=account_id, parent_type=parent_type, parent_id=parent_id)
    return [Line._make((*row[:11], LineTerms(*row[11:]))) for row in rows]


def document(cursor: Cursor, account_id: int, number: str) -> Document | None:
    """An invoice by its number, or by its id."""
    if "\x00" in number:
        return None
    id_ = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
    rows = _rows(cursor, "invoice_document", account_id=account_id, number=number, id=id_)
    return Document(*rows[0]) if rows else None
