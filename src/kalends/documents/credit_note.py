"""The credit note as a document, and as a sheet in words: the invoice's page with other contents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import translation
from django.utils.translation import gettext as _
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import fetch, integers, load
from kalends.documents.invoice import DocumentTax, InvoiceDocument, read_invoices
from kalends.documents.sheet import (
    LETTER_PAPER,
    LineOnSheet,
    Sheet,
    Sum,
    breakable,
    file_name,
    party_on_sheet,
    sheet,
    taxed,
)
from kalends.messages.letters.formats import Formats, locale_of


class UnknownCreditNote(LookupError):
    """There is no such credit note in this account."""


class CreditedDocumentLine(NamedTuple):
    """What is taken back of one line. ``unused_from`` and ``unused_until`` say for which days, where it is for days."""

    name: str
    tax_label: str | None
    tax_rate: Decimal
    net_minor: int
    tax_minor: int
    unused_from: date | None = None
    unused_until: date | None = None


@dataclass(frozen=True, slots=True)
class CreditNoteDocument:
    """All that stands on a credit note. ``total = net + tax = applied + to balance``."""

    number: str
    issued_on: date
    issued_at: datetime
    reason: str
    invoice: InvoiceDocument
    lines: tuple[CreditedDocumentLine, ...]
    net_minor: int
    tax_minor: int
    applied_minor: int
    to_balance_minor: int

    @property
    def total_minor(self) -> int:
        """What is taken back, with its tax."""
        return self.net_minor + self.tax_minor

    @property
    def taxes(self) -> tuple[DocumentTax, ...]:
        """The taxes that are taken back by name and rate, in the order of the lines; those of 0 % left out."""
        found: dict[tuple[str | None, Decimal], tuple[int, int]] = {}
        for line in self.lines:
            if line.tax_rate:
                base, tax = found.get((line.tax_label, line.tax_rate), (0, 0))
                found[line.tax_label, line.tax_rate] = base + line.net_minor, tax + line.tax_minor
        return tuple(DocumentTax(label, rate, base, tax) for (label, rate), (base, tax) in found.items())


def read_credit_note(db: Connection[Any], ctx: AccountContext, note_id: int) -> CreditNoteDocument:
    """One credit note of the account as a document. Raises ``UnknownCreditNote``."""
    found = read_credit_notes(db, ctx, [note_id])
    if note_id not in found:
        raise UnknownCreditNote(f"There is no credit note {note_id} in this account.")
    return found[note_id]


def read_credit_notes(
    db: Connection[Any], ctx: AccountContext, ids: Sequence[int]
) -> dict[int, CreditNoteDocument]:
    """Credit notes as documents, by id; one that is not there is left out."""
    params = {"account_id": ctx.id, "ids": integers(sorted(set(ids)))}
    rows = fetch(db, load("kalends.documents", "documents_credit_notes"), params)
    invoices = read_invoices(db, ctx, [row[2] for row in rows])
    lines: dict[int, list[CreditedDocumentLine]] = {}
    for note, *line in fetch(db, load("kalends.documents", "documents_credited_lines"), params):
        lines.setdefault(note, []).append(CreditedDocumentLine(*line))
    return {
        id_: CreditNoteDocument(
            number, issued_on, issued_at, reason, invoices[invoice], tuple(lines.get(id_, ())), *amounts
        )
        for id_, number, invoice, issued_on, issued_at, reason, *amounts in rows
        if invoice in invoices
    }


def sheet_of(document: InvoiceDocument | CreditNoteDocument) -> Sheet:
    """The page of an invoice or of a credit note, in words."""
    return sheet(document) if isinstance(document, InvoiceDocument) else credit_sheet(document)


def credit_sheet(document: CreditNoteDocument) -> Sheet:
    """The credit note in words, in the language and the forms of its invoice."""
    invoice = document.invoice
    country = invoice.buyer.country or invoice.seller.country
    locale = locale_of(invoice.language, country)
    formats = Formats(locale)
    with translation.override(invoice.language):
        return Sheet(
            file_name=file_name(document.number),
            language=invoice.language,
            region=locale.territory or "",
            paper="us-letter" if country in LETTER_PAPER else "a4",
            title=_("Credit note"),
            subject=_("Credit note %(number)s from %(seller)s")
            % {"number": document.number, "seller": breakable(invoice.seller.name)},
            issued_at=document.issued_at.astimezone(UTC).isoformat(),
            color=invoice.letterhead.brand_color,
            ink=invoice.letterhead.ink,
            logo=invoice.letterhead.logo,
            seller=party_on_sheet(_("From"), invoice.seller, formats),
            buyer=party_on_sheet(_("Bill to"), invoice.buyer, formats),
            badge=_("Nothing to pay"),
            test=_("This is a test. No real money is moved.") if invoice.test else "",
            facts=[list(fact) for fact in _facts(document, formats)],
            columns=_columns(document),
            lines=[_line(line, document, formats) for line in document.lines],
            sums=list(_sums(document, formats)),
            payment_title=_("What becomes of it"),
            payment=list(_payment(document, formats)),
            notes_title=_("Reason"),
            notes=[breakable(note) for note in document.reason.splitlines()],
            pay_label="",
            pay_page="",
            pay_code="",
            footer=[_("Questions: %(email)s") % {"email": invoice.seller.email}]
            if invoice.seller.email
            else [],
            page=_("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        )


def _facts(document: CreditNoteDocument, formats: Formats) -> Iterator[tuple[str, str]]:
    yield _("Credit note no."), document.number
    yield _("Date"), formats.short_day(document.issued_on)
    yield _("For invoice"), document.invoice.number
    yield _("Invoice date"), formats.short_day(document.invoice.invoice_date)
    if document.invoice.subscription:
        yield _("Subscription"), breakable(document.invoice.subscription)
    yield _("Currency"), document.invoice.currency


def _columns(document: CreditNoteDocument) -> list[str]:
    labels = {line.tax_label for line in document.lines if line.tax_rate}
    tax = (labels.pop() if len(labels) == 1 else None) or _("Tax")
    amount = _("Amount, %(currency)s") % {"currency": document.invoice.currency}
    return [_("Description"), *((tax,) if document.taxes else ()), amount]


def _line(line: CreditedDocumentLine, document: CreditNoteDocument, formats: Formats) -> LineOnSheet:
    days = line.unused_from and line.unused_until
    details = (
        [formats.short_period(line.unused_from, line.unused_until - timedelta(days=1))]
        if days and line.unused_from and line.unused_until
        else []
    )
    tax = (formats.percent(line.tax_rate),) if document.taxes else ()
    amount = formats.figure(line.net_minor, document.invoice.currency)
    return LineOnSheet(name=breakable(line.name), details=details, cells=[*tax, amount])


def _sums(document: CreditNoteDocument, formats: Formats) -> Iterator[Sum]:
    currency = document.invoice.currency
    if document.taxes:
        yield Sum(label=_("Net amount"), value=formats.figure(document.net_minor, currency), weight="line")
    for tax in document.taxes:
        label = taxed(tax, currency, formats)
        yield Sum(label=label, value=formats.figure(tax.tax_minor, currency), weight="line")
    yield Sum(label=_("Credited"), value=formats.money(document.total_minor, currency), weight="big")


def _payment(document: CreditNoteDocument, formats: Formats) -> Iterator[str]:
    """What the customer owes less by it, and what they have to their credit."""
    currency, number = document.invoice.currency, document.invoice.number
    if document.applied_minor:
        amount = formats.money(document.applied_minor, currency)
        yield _("%(amount)s is taken off what is owed on invoice %(number)s.") % {
            "amount": amount,
            "number": number,
        }
    if document.to_balance_minor:
        amount = formats.money(document.to_balance_minor, currency)
        yield _("%(amount)s is to your credit, and your next invoices use it up.") % {"amount": amount}
