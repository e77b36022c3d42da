"""What a letter is made of: plain values that were read beforehand, and nothing that still has to be asked for."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

BRAND_COLOR = "#12464f"
"""The color of the bar and of the initial, until accounts can choose their own."""


class Seller(NamedTuple):
    """The account that writes."""

    name: str
    country: str = ""
    color: str = BRAND_COLOR


class Customer(NamedTuple):
    """The contact whom the letter is to or about."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    company: str | None = None
    country: str | None = None

    @property
    def name(self) -> str:
        """What staff call the customer: the full name, else the address; empty when neither is known."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email or ""


class Charge(NamedTuple):
    """One attempt to take money. ``on`` is its day in the account's time zone, ``failure`` the code of a decline."""

    amount_minor: int
    currency: str
    on: date
    method_kind: str
    brand: str | None = None
    last4: str | None = None
    bank: str | None = None
    fee_minor: int = 0
    attempt: int = 1
    failure: str | None = None
    retry_on: date | None = None

    @property
    def ended_before(self) -> bool:
        """Whether it was never sent, because the subscription had ended by then."""
        return self.failure == "subscription_ended"


class Line(NamedTuple):
    """A line of an invoice. ``total_minor`` holds ``tax_minor``, whether or not the price does."""

    name: str
    quantity: Decimal
    unit_price: Decimal
    discount_per_unit: Decimal
    discount_percent: Decimal
    tax_rate: Decimal
    tax_inclusive: bool
    tax_label: str | None
    tax_minor: int
    total_minor: int


class Document(NamedTuple):
    """An invoice. The lines' totals are after their share of any discount on the whole order."""

    number: str
    currency: str
    invoice_date: date
    due_date: date
    total_minor: int
    lines: tuple[Line, ...] = ()
    period_start: date | None = None
    period_end: date | None = None
    fees_minor: int = 0


class Agreement(NamedTuple):
    """A subscription as it stood when the letter was decided on; nothing is due next once it has ended.

    ``page`` is the address of its page for staff.
    """

    name: str
    currency: str
    automatic: bool
    next_due_date: date | None = None
    next_amount_minor: int | None = None
    canceled_on: date | None = None
    page: str = ""


class Open(NamedTuple):
    """An invoice that stays open after a cancellation, and what is still owed on it."""

    number: str
    currency: str
    owed_minor: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one letter may speak of. Each kind needs some of it; ``test`` says that no real money is meant."""

    seller: Seller
    customer: Customer
    test: bool = False
    charge: Charge | None = None
    document: Document | None = None
    agreement: Agreement | None = None
    open: tuple[Open, ...] = ()
    debits: tuple[Charge, ...] = ()
