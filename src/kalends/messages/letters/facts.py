"""What a letter is made of: plain values that were read beforehand, and nothing that still has to be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from kalends.accounts.letterhead import LogoName


class Seller(NamedTuple):
    """The account that writes. ``ink`` is the color of text on ``color``; ``address`` stands as on an envelope."""

    name: str
    country: str = ""
    color: str = "#12464f"
    ink: str = "#ffffff"
    logo: LogoName | None = None
    address: tuple[str, ...] = ()
    tax_id: str = ""
    email: str = ""


class Customer(NamedTuple):
    """The contact whom the letter is to or about."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    company: str | None = None
    country: str | None = None
    id: int | None = None

    @property
    def name(self) -> str:
        """What staff call the customer: the full name, else the address; empty when neither is known."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email or ""


class Method(NamedTuple):
    """A stored means of payment, as a person recognizes it."""

    method_kind: str
    brand: str | None = None
    last4: str | None = None
    bank: str | None = None


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


class Refund(NamedTuple):
    """Money given back of a payment. ``kept_minor`` is what stays paid of it after this and all refunds before."""

    amount_minor: int
    currency: str
    on: date
    kept_minor: int


class Credit(NamedTuple):
    """A credit note: ``applied_minor`` of it was taken off its invoice, on which ``owed_minor`` was left then.

    ``lines`` are the names of what is taken back, with the amounts.
    """

    number: str
    on: date
    reason: str
    total_minor: int
    applied_minor: int
    to_balance_minor: int
    owed_minor: int
    lines: tuple[tuple[str, int], ...]


class Dispute(NamedTuple):
    """A payment that the customer disputes at the bank; the processor has taken it back, and its fee."""

    amount_minor: int
    fee_minor: int
    currency: str
    opened_on: date
    evidence_due_on: date
    decided_on: date | None = None


class Line(NamedTuple):
    """A line of an invoice. ``total_minor`` holds ``tax_minor``, whether or not the price does.

    A ``levy`` of ``tax`` is a tax on the whole of the invoice: it is nothing but tax.
    """

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
    levy: str = ""


class Document(NamedTuple):
    """An invoice. The lines' totals are after their share of any discount on the whole order.

    ``page`` is the address of its page for the customer, and ``payable`` says whether it can be paid there.
    """

    number: str
    currency: str
    invoice_date: date
    due_date: date
    total_minor: int
    lines: tuple[Line, ...] = ()
    period_start: date | None = None
    period_end: date | None = None
    fees_minor: int = 0
    paid_minor: int = 0
    credited_minor: int = 0
    credit_used_minor: int = 0
    page: str = ""
    payable: bool = False

    @property
    def asked_minor(self) -> int:
        """What the invoice asked for when it was issued: its total less the customer's credit that it used."""
        return self.total_minor - self.credit_used_minor

    @property
    def owed_minor(self) -> int:
        """What is still to be paid."""
        return self.total_minor - self.paid_minor - self.credited_minor


class Terms(NamedTuple):
    """What a line of a subscription is agreed to cost in each cycle, before taxes are reckoned."""

    name: str
    quantity: Decimal
    unit_price: Decimal
    discount_per_unit: Decimal
    discount_percent: Decimal


class LineChange(NamedTuple):
    """A line of a subscription that an edit added (no ``before``), removed (no ``after``) or changed."""

    before: Terms | None
    after: Terms | None


class Change(NamedTuple):
    """What an edit made of a subscription: columns as before and after, by name, and its lines.

    Dates are dates, amounts integers in minor units; ``payment_method_id`` has a :class:`Method` or None on each side.
    """

    columns: dict[str, tuple[Any, Any]]
    lines: tuple[LineChange, ...] = ()


class Agreement(NamedTuple):
    """A subscription as it stood when the letter was decided on; nothing is due next once it has ended.

    ``page`` is the address of its page for staff. ``update_page`` is that of the page where its customer gives another
    means of payment; empty while there is none to lead to.
    """

    name: str
    currency: str
    automatic: bool
    next_due_date: date | None = None
    next_amount_minor: int | None = None
    canceled_on: date | None = None
    page: str = ""
    method: Method | None = None
    resume_on: date | None = None
    update_page: str = ""


class Export(NamedTuple):
    """A file that was made of an account's records. ``link`` asks to sign in, and is dead after ``expires_on``."""

    file_name: str
    rows: int
    link: str
    expires_on: date


class DashboardTold(NamedTuple):
    """A dashboard on a day: each report with what it shows in a sentence, and the page that goes with the letter."""

    name: str
    on: date
    told: tuple[tuple[str, str], ...]
    link: str
    page: Mapping[str, Any]


class Comparison(NamedTuple):
    """Books of ours and of a payment processor's that differ, and by what; ``link`` leads to all of it."""

    first: date
    last: date
    differences: int
    found: tuple[str, ...]
    link: str


class ProofTold(NamedTuple):
    """What the proof of a night found: figures that differ, and how many of them did not the night before.

    ``found`` are the first of these; ``link`` leads to where the last proof stands.
    """

    night: date
    differences: int
    new: int
    found: tuple[str, ...]
    link: str


class QuoteTold(NamedTuple):
    """A quote as letters tell of it. ``link`` leads to it, ``code`` is a signer's and lives for ``minutes``.

    ``signing`` is what the code goes with: where it is given, the code is worked out from it.
    """

    title: str
    number: str
    expires_on: date
    currency: str
    first_minor: int
    recurs: bool
    version: int
    link: str = ""
    code: str = ""
    minutes: int = 0
    signer: str = ""
    signing: str = ""


class WorkflowTold(NamedTuple):
    """What a workflow writes; ``link`` leads to the record that it is about, in letters to users only, and in those to
    contacts ``unsubscribe`` to where they say that they want no more."""

    subject: str
    body: str
    link: str
    workflow: str
    unsubscribe: str = ""


class MailingTold(NamedTuple):
    """What an email to a segment says to one reader; ``unsubscribe`` is the link by which they get no more."""

    subject: str
    body: str
    unsubscribe: str


class Open(NamedTuple):
    """An invoice that stays open after a cancellation, and what is still owed on it."""

    number: str
    currency: str
    owed_minor: int


class PaidToo(NamedTuple):
    """Another invoice that the charge of a checkout paid as well, and its part of the charge."""

    charge: Charge
    document: Document | None
    agreement: Agreement | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one letter may speak of. Each kind needs some of it; ``test`` says that no real money is meant.

    ``on`` is the day on which the letter was decided on. ``also`` is what one charge paid besides. ``portal`` is the
    address that lets customers in to their own pages; ``by_staff`` says that nobody but the seller wanted the letter.
    """

    seller: Seller
    customer: Customer
    on: date
    test: bool = False
    charge: Charge | None = None
    document: Document | None = None
    agreement: Agreement | None = None
    open: tuple[Open, ...] = ()
    debits: tuple[Charge, ...] = ()
    refund: Refund | None = None
    credit: Credit | None = None
    dispute: Dispute | None = None
    change: Change | None = None
    export: Export | None = None
    dashboard: DashboardTold | None = None
    comparison: Comparison | None = None
    proof: ProofTold | None = None
    quote: QuoteTold | None = None
    workflow: WorkflowTold | None = None
    mailing: MailingTold | None = None
    portal: str = ""
    by_staff: bool = False
    also: tuple[PaidToo, ...] = ()
