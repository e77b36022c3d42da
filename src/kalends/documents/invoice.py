"""The invoice as a document: one model, from which the PDF and every other view of it is made.

Amounts are the database's, in minor units; nothing is reckoned anew but sums of what stands there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts import signed_links
from kalends.accounts.context import AccountContext
from kalends.accounts.letterhead import Letterhead
from kalends.accounts.sql import Row, fetch, integers, load
from kalends.core.calendar import local_date
from kalends.core.terms import TAX
from kalends.messages.letters.formats import country_code, language_of
from kalends.payments.methods import kinds_in
from kalends.payments.processors.registry import chosen_processor

_CITY_FIRST = frozenset({"AU", "CA", "GB", "IE", "US"})
"""Where the city stands before the postal code on an envelope."""


class UnknownInvoice(LookupError):
    """There is no such invoice in this account."""


class Party(NamedTuple):
    """Seller or buyer, as on an envelope. ``country`` is a code where it is known, else as somebody wrote it."""

    name: str
    attention: str = ""
    address: tuple[str, ...] = ()
    country: str = ""
    tax_id: str = ""
    email: str = ""


class DocumentLine(NamedTuple):
    """A line as it was charged.

    ``total_minor`` is what the customer pays for it, after its share of any discount on the whole order, and holds
    ``tax_minor``. ``period_end`` is the first day that is not included. Where only the days left of a cycle are
    charged, ``cycle_start`` is the day on which the whole cycle began, for which the unit price is meant. A ``levy`` of
    ``tax`` is a tax on the whole of the invoice: it is told among the sums.
    """

    name: str
    description: str | None
    quantity: Decimal
    unit_price: Decimal
    discount_per_unit: Decimal
    discount_percent: Decimal
    tax_rate: Decimal
    tax_inclusive: bool
    tax_label: str | None
    tax_minor: int
    total_minor: int
    period_start: date | None = None
    period_end: date | None = None
    cycle_start: date | None = None
    levy: str = ""

    @property
    def days(self) -> tuple[int, int] | None:
        """How many days of how many are charged, where it is a part of a cycle."""
        if self.cycle_start is None or self.period_start is None or self.period_end is None:
            return None
        return (self.period_end - self.period_start).days, (self.period_end - self.cycle_start).days

    @property
    def net_minor(self) -> int:
        """What it costs without tax."""
        return self.total_minor - self.tax_minor


class DocumentTax(NamedTuple):
    """One tax of the document: its name (None: just "tax"), its rate in percent, what it falls on, and its amount."""

    label: str | None
    rate: Decimal
    base_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """All that stands on an invoice.

    ``total = sum of the lines' totals + fees + fees_tax``; ``due = total - paid - credited``. Of what is
    credited, ``credit_used_minor`` was paid by the customer's own credit, and credit notes took back the rest.
    ``pay_page`` is the address where it can be paid online, by whoever holds the paper; empty where it cannot be, or
    need not be since it is charged by itself.
    """

    number: str
    status: str
    currency: str
    language: str
    seller: Party
    buyer: Party
    invoice_date: date
    due_date: date
    issued_at: datetime
    lines: tuple[DocumentLine, ...]
    total_minor: int
    tax_minor: int
    fees_minor: int = 0
    order_discount_minor: int = 0
    paid_minor: int = 0
    credited_minor: int = 0
    credit_used_minor: int = 0
    automatic: bool = False
    net_terms_days: int = 0
    period_start: date | None = None
    period_end: date | None = None
    subscription: str | None = None
    next_invoice_on: date | None = None
    purchase_order: str | None = None
    notes: str | None = None
    test: bool = False
    pay_page: str = ""
    letterhead: Letterhead = field(default_factory=Letterhead)

    @property
    def due_minor(self) -> int:
        """What is still to be paid."""
        return self.total_minor - self.paid_minor - self.credited_minor

    @property
    def fees_tax_minor(self) -> int:
        """The tax on the fees: that part of the tax which is no line's."""
        return self.tax_minor - sum(line.tax_minor for line in self.lines)

    @property
    def tax_included(self) -> bool:
        """Whether prices and amounts are told with their tax in them: when no taxed line is priced without it."""
        return any(line.tax_inclusive and line.tax_rate for line in self.lines) and all(
            line.tax_inclusive for line in self.lines if line.tax_rate
        )

    @property
    def sold(self) -> tuple[DocumentLine, ...]:
        """The lines but for taxes on the whole."""
        return tuple(line for line in self.lines if line.levy != TAX)

    @property
    def levied(self) -> tuple[DocumentLine, ...]:
        """The taxes on the whole."""
        return tuple(line for line in self.lines if line.levy == TAX)

    @property
    def taxes(self) -> tuple[DocumentTax, ...]:
        """The taxes on lines by name and rate, in the order in which they occur; those of 0 % where others are not."""
        found: dict[tuple[str | None, Decimal], tuple[int, int]] = {}
        for line in self.sold:
            base, tax = found.get((line.tax_label, line.tax_rate), (0, 0))
            found[line.tax_label, line.tax_rate] = base + line.net_minor, tax + line.tax_minor
        if not any(rate for _, rate in found):
            return ()
        return tuple(DocumentTax(label, rate, base, tax) for (label, rate), (base, tax) in found.items())


def read_invoice(db: Connection[Any], ctx: AccountContext, invoice_id: int) -> InvoiceDocument:
    """One invoice of the account as a document. Raises ``UnknownInvoice``."""
    found = read_invoices(db, ctx, [invoice_id])
    if invoice_id not in found:
        raise UnknownInvoice(f"There is no invoice {invoice_id} in this account.")
    return found[invoice_id]


def read_invoices(db: Connection[Any], ctx: AccountContext, ids: Sequence[int]) -> dict[int, InvoiceDocument]:
    """Invoices as documents, by id, in three queries; one that is not there is left out."""
    params = {"account_id": ctx.id, "ids": integers(sorted(set(ids)))}
    lines: dict[int, list[DocumentLine]] = {}
    for invoice, *line in fetch(db, load("kalends.documents", "documents_lines"), params):
        lines.setdefault(invoice, []).append(DocumentLine(*line))
    rows = fetch(db, load("kalends.documents", "documents_invoices"), params)
    takes_money = chosen_processor(db, ctx) is not None
    return {row[0]: _document(ctx, row, lines.get(row[0], ()), takes_money=takes_money) for row in rows}


def _document(
    ctx: AccountContext, row: Row, lines: Iterable[DocumentLine], *, takes_money: bool
) -> InvoiceDocument:
    (id_, number, status, currency, collection, invoice_date, due_date, issued_at, created_at, start, end, terms, fees,
     order_discount, tax, total, paid, credited, used, purchase_order, comments, tax_ids, accepted, archived,
     language, subscription, next_on, *buyer) = row  # fmt: skip
    issued_at = issued_at or created_at
    invoice_date = invoice_date or local_date(issued_at, ctx.time_zone)
    owed = status == "open" and total > paid + credited and not archived
    payable = takes_money and owed and collection != "automatic" and kinds_in(currency, accepted)
    return InvoiceDocument(
        number=number or str(id_),
        status=status,
        currency=currency,
        language=language_of(language or ctx.language),
        seller=seller_of(ctx, tax_ids),
        buyer=_buyer(buyer),
        invoice_date=invoice_date,
        due_date=due_date or invoice_date,
        issued_at=issued_at,
        lines=tuple(lines),
        total_minor=total,
        tax_minor=tax,
        fees_minor=fees,
        order_discount_minor=order_discount,
        paid_minor=paid,
        credited_minor=credited,
        credit_used_minor=used,
        automatic=collection == "automatic",
        net_terms_days=terms,
        period_start=start,
        period_end=end,
        subscription=subscription,
        next_invoice_on=next_on,
        purchase_order=purchase_order,
        notes=comments,
        test=ctx.is_sandbox,
        pay_page=signed_links.address(signed_links.INVOICE, ctx.id, id_, issued_at) if payable else "",
        letterhead=ctx.letterhead,
    )


def seller_of(ctx: AccountContext, tax_id: str | None = None) -> Party:
    """The account as the seller on its documents and letters; an invoice may have a tax number of its own."""
    own = ctx.letterhead
    address = _envelope((own.address, own.address2, own.zip, own.city, own.state), ctx.country)
    return Party(ctx.name, "", address, ctx.country, tax_id or own.tax_id, own.support_email)


def _buyer(values: Sequence[Any]) -> Party:
    """The buyer: the company if there is one, with the contact below it. The address is the invoice's, else the
    company's, else the contact's; the country is the first that is known. A buyer who was erased is as was kept."""
    if values[23] is not None:
        name, attention, address, country = values[23:]
        return Party(name, attention, tuple(address), country)
    company, company_name, first, last, email = values[:5]
    addresses = [values[start : start + 6] for start in (5, 11, 17)]
    person = " ".join(part for part in (first, last) if part)
    name = company or company_name or person or email or ""
    chosen = next((address for address in addresses if any(address[:5])), addresses[0])
    country = next((address[5] for address in (chosen, *addresses) if address[5]), "")
    code = country_code(country) or country
    return Party(
        name,
        person if person != name else "",
        _envelope(chosen, code),
        code,
        email=email if email and email != name else "",
    )


def _envelope(address: Sequence[str | None], country: str) -> tuple[str, ...]:
    """Street and city, as the post of that country wants them.

    >>> _envelope(("Kaigata 2", None, "0150", "Oslo", None, None), "NO")
    ('Kaigata 2', '0150 Oslo')
    >>> _envelope(("1 Main St", "Suite 4", "97201", "Portland", "OR", None), "US")
    ('1 Main St', 'Suite 4', 'Portland, OR 97201')
    """
    street, more, code, city, state = (part or "" for part in address[:5])
    if country in _CITY_FIRST:
        place = ", ".join(filter(None, (city, " ".join(filter(None, (state, code))))))
    else:
        place = ", ".join(filter(None, (" ".join(filter(None, (code, city))), state)))
    return tuple(line for line in (street, more, place) if line)
