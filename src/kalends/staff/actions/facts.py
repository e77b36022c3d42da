"""What actions on a record go by: read for many records at once, so that a list can offer them row by row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from kalends.accounts.sql import integers, load
from kalends.query.context import Cursor
from kalends.staff.methods import Method, stored


class SubscriptionFacts(NamedTuple):
    """A subscription; ``owed_*`` are its open invoices, ``moving_*`` its payments that are under way."""

    id: int
    name: str
    status: str
    currency: str
    collection: str
    creates_invoices: bool
    frequency: str
    anchor_date: date
    anchor_cycle: int
    next_cycle: int
    next_due_date: date | None
    next_amount_minor: int | None
    expected_payments: int | None
    cancel_on: date | None
    pause_on: date | None
    resume_on: date | None
    accepted: list[str] | None
    contact_id: int | None
    contact: str | None
    email: str | None
    method_id: int | None
    method_kind: str | None
    brand: str | None
    last4: str | None
    owed_count: int
    owed_minor: int
    moving_count: int
    moving_minor: int
    parked: str | None

    @property
    def is_automatic(self) -> bool:
        """Whether cycles are charged, not invoiced."""
        return self.collection == "automatic"

    @property
    def method(self) -> Method | None:
        """What it is charged by."""
        return None if self.method_kind is None else stored(self.method_kind, self.brand, self.last4)


class InvoiceFacts(NamedTuple):
    """An invoice; ``moving_minor`` is what payments under way ask for, ``letter_id`` its last letter."""

    id: int
    number: str | None
    status: str
    currency: str
    total_minor: int
    paid_minor: int
    credited_minor: int
    due_date: date | None
    takes_parts: bool
    subscription_id: int | None
    contact_id: int | None
    contact: str | None
    email: str | None
    moving_minor: int
    letter_id: int | None

    @property
    def name(self) -> str:
        """Its number, or its id while it has none."""
        return self.number or str(self.id)

    @property
    def owed_minor(self) -> int:
        """What is still to be paid."""
        return self.total_minor - self.paid_minor - self.credited_minor

    @property
    def payable_minor(self) -> int:
        """What is owed besides payments that are under way."""
        return max(0, self.owed_minor - self.moving_minor)


class PaymentFacts(NamedTuple):
    """A payment with its invoice, subscription and dispute. ``left_minor`` is what can still be given back of it."""

    id: int
    status: str
    currency: str
    amount_minor: int
    fee_minor: int
    refunded_minor: int
    left_minor: int
    method_kind: str
    brand: str | None
    last4: str | None
    processor: str
    failure_code: str | None
    failure_reason: str | None
    retries_by_hand: int
    next_retry_on: date | None
    invoice_id: int | None
    invoice: str | None
    invoice_status: str | None
    owed_minor: int | None
    subscription_id: int | None
    subscription: str | None
    subscription_status: str | None
    next_kind: str | None
    next_brand: str | None
    next_last4: str | None
    email: str | None
    attempt: str | None
    receipt_id: int | None
    disputed_minor: int | None
    dispute_fee_minor: int | None
    dispute_status: str | None
    disputed_at: datetime | None
    evidence_due_on: date | None
    decided_at: datetime | None

    @property
    def by_hand(self) -> bool:
        """Whether it came outside a processor."""
        return self.processor == "none"

    @property
    def is_debit(self) -> bool:
        """Whether it is a bank debit, which takes its days."""
        return not self.by_hand and self.method_kind != "card"

    @property
    def method(self) -> Method:
        """How it was paid."""
        return stored(self.method_kind, self.brand, self.last4)

    @property
    def next_method(self) -> Method | None:
        """What its subscription is charged by now."""
        return None if self.next_kind is None else stored(self.next_kind, self.next_brand, self.next_last4)


class LinkFacts(NamedTuple):
    """A payment link; ``uses`` counts its purchases."""

    id: int
    name: str
    status: str
    uses: int
    one_time_use: bool


class QuoteFacts(NamedTuple):
    """A quote; ``version`` is the one that buyers read, ``has_once`` says whether something of it is billed once."""

    id: int
    title: str
    status: str
    version: int | None
    converted: bool
    paid: bool
    has_once: bool


class ContactFacts(NamedTuple):
    """A contact, and where letters reach it."""

    id: int
    email: str | None


Facts = SubscriptionFacts | InvoiceFacts | PaymentFacts | LinkFacts | QuoteFacts | ContactFacts

_READ: dict[str, tuple[str, type[Any]]] = {
    "subscription": ("action_subscriptions", SubscriptionFacts),
    "invoice": ("action_invoices", InvoiceFacts),
    "payment": ("action_payments", PaymentFacts),
    "payment_link": ("action_payment_links", LinkFacts),
    "quote": ("action_quotes", QuoteFacts),
    "contact": ("action_contacts", ContactFacts),
}


def read_facts(cursor: Cursor, account_id: int, object_name: str, ids: Iterable[int]) -> dict[int, Any]:
    """The facts of living records by id; ask only about those that the user may see."""
    name, kind = _READ[object_name]
    cursor.execute(load("kalends.staff", name), {"account_id": account_id, "ids": integers(sorted(set(ids)))})
    return {row[0]: kind(*row) for row in cursor.fetchall()}
