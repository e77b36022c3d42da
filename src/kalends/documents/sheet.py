"""An invoice in words: everything that stands on its page, in the customer's language, as plain strings.

A sheet can be kept as JSON, so that a page which is made again later says exactly what it said the first time.
"""

import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from io import BytesIO
from typing import TypedDict

import segno
from django.utils import translation
from django.utils.translation import gettext as _

from kalends.documents.invoice import DocumentLine, DocumentTax, InvoiceDocument, Party
from kalends.messages.letters.formats import Formats, locale_of

LETTER_PAPER = frozenset("BZ CA CL CO CR GT MX NI PA PH PR SV US VE".split())
"""Countries that print on US Letter (Unicode CLDR 47, supplemental data, paperSize); all others print on A4."""

_LONGEST_WORD = 28
_TOO_LONG = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_UNFIT_FOR_A_NAME = re.compile(r"[^\w.-]+")


class PartyOnSheet(TypedDict):
    """Seller or buyer: a caption, the name, and the lines below it."""

    caption: str
    name: str
    lines: list[str]


class LineOnSheet(TypedDict):
    """A row of the table: the name, what is told below it, and the other columns."""

    name: str
    details: list[str]
    cells: list[str]


class Sum(TypedDict):
    """A row of the sums. ``weight`` is ``line``, ``total`` (a rule above) or ``big`` (what it all comes to)."""

    label: str
    value: str
    weight: str


class Sheet(TypedDict):
    """The page. ``columns`` begin with the description; ``page`` has the places {page} and {pages}; ``ink`` is the
    color of text on ``color``, and ``logo`` names a picture of the account's."""

    file_name: str
    language: str
    region: str
    paper: str
    title: str
    subject: str
    issued_at: str
    color: str
    ink: str
    logo: str
    seller: PartyOnSheet
    buyer: PartyOnSheet
    badge: str
    test: str
    facts: list[list[str]]
    columns: list[str]
    lines: list[LineOnSheet]
    sums: list[Sum]
    payment_title: str
    payment: list[str]
    notes_title: str
    notes: list[str]
    pay_label: str
    pay_page: str
    pay_code: str
    footer: list[str]
    page: str


def sheet(document: InvoiceDocument) -> Sheet:
    """The invoice in words, as the customer's language and country write them."""
    country = document.buyer.country or document.seller.country
    locale = locale_of(document.language, country)
    formats = Formats(locale)
    with translation.override(document.language):
        return Sheet(
            file_name=file_name(document.number),
            language=document.language,
            region=locale.territory or "",
            paper="us-letter" if country in LETTER_PAPER else "a4",
            title=_("Invoice"),
            subject=_("Invoice %(number)s from %(seller)s")
            % {"number": document.number, "seller": breakable(document.seller.name)},
            issued_at=document.issued_at.astimezone(UTC).isoformat(),
            color=document.letterhead.brand_color,
            ink=document.letterhead.ink,
            logo=document.letterhead.logo,
            seller=party_on_sheet(_("From"), document.seller, formats),
            buyer=party_on_sheet(_("Bill to"), document.buyer, formats),
            badge=_badge(document, formats),
            test=_("This is a test. No real money is moved.") if document.test else "",
            facts=[list(fact) for fact in _facts(document, formats)],
            columns=_columns(document),
            lines=[_line(line, document, formats) for line in document.sold],
            sums=list(_sums(document, formats)),
            payment_title=_("Payment"),
            payment=list(_payment(document, formats)),
            notes_title=_("Notes"),
            notes=[breakable(note) for note in (document.notes or "").splitlines()],
            pay_label=_("Pay online"),
            pay_page=document.pay_page,
            pay_code=pay_code(document.pay_page) if document.pay_page else "",
            footer=list(_footer(document, formats)),
            page=_("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        )


def file_name(number: str) -> str:
    """What the file of an invoice is called.

    >>> file_name("INV-1001"), file_name("2026/11 №5")
    ('INV-1001.pdf', '2026-11-5.pdf')
    """
    return f"{_UNFIT_FOR_A_NAME.sub('-', number.encode('ascii', 'ignore').decode()).strip('-.') or 'invoice'}.pdf"


def pay_code(address: str) -> str:
    """A QR code that leads to an address, as a picture (SVG)."""
    picture = BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="svg", border=0, xmldecl=False)
    return picture.getvalue().decode()


def party_on_sheet(caption: str, party: Party, formats: Formats) -> PartyOnSheet:
    """Seller or buyer with a caption."""
    country = formats.country(party.country) if party.country else ""
    lines = (party.attention, *party.address, country, party.tax_id, party.email)
    return PartyOnSheet(
        caption=caption,
        name=breakable(party.name),
        lines=[breakable(line) for told in lines for line in told.splitlines() if line.strip()],
    )


def _badge(document: InvoiceDocument, formats: Formats) -> str:
    """What is to be done about this invoice, in a few words."""
    if document.status in ("draft", "voided"):
        return _("Draft") if document.status == "draft" else _("Voided")
    if document.due_minor == 0:
        if document.total_minor == 0:
            return _("Nothing to pay")
        return _("Paid") if document.paid_minor or document.credit_used_minor else _("Credited")
    if document.automatic:
        return _("Paid by itself")
    if document.due_date <= document.invoice_date:
        return _("Please pay on receipt")
    return _("Please pay by %(date)s") % {"date": formats.short_day(document.due_date)}


def _facts(document: InvoiceDocument, formats: Formats) -> Iterator[tuple[str, str]]:
    yield _("Invoice no."), document.number
    yield _("Invoice date"), formats.short_day(document.invoice_date)
    if not document.automatic:
        yield _("Due date"), formats.short_day(document.due_date)
    if document.period_start and document.period_end:
        last = document.period_end - timedelta(days=1)
        yield _("Period"), formats.short_period(document.period_start, last)
    if document.subscription:
        yield _("Subscription"), breakable(document.subscription)
    if document.purchase_order:
        yield _("Your order no."), breakable(document.purchase_order)
    yield _("Currency"), document.currency


def _columns(document: InvoiceDocument) -> list[str]:
    labels = {line.tax_label for line in document.lines if line.tax_rate}
    tax = (labels.pop() if len(labels) == 1 else None) or _("Tax")
    amount = _("Amount, %(currency)s") % {"currency": document.currency}
    between = (tax,) if document.taxes else ()
    return [_("Description"), _("Quantity"), _("Unit price"), *between, amount]


def _line(line: DocumentLine, document: InvoiceDocument, formats: Formats) -> LineOnSheet:
    currency = document.currency
    shown = line.total_minor if document.tax_included else line.net_minor
    tax = (formats.percent(line.tax_rate),) if document.taxes else ()
    return LineOnSheet(
        name=breakable(line.name),
        details=[breakable(detail) for detail in _details(line, document, formats)],
        cells=[
            formats.number(line.quantity),
            formats.price(line.unit_price, currency),
            *tax,
            formats.figure(shown, currency),
        ],
    )


def _details(line: DocumentLine, document: InvoiceDocument, formats: Formats) -> Iterator[str]:
    """What a line's columns do not tell: its description, and below it for which days (where they are not those of
    the whole invoice), what was taken off, and where the tax is."""
    yield from (line.description or "").splitlines()
    told: list[str] = []
    period = line.period_start, line.period_end
    if line.period_start and line.period_end and period != (document.period_start, document.period_end):
        told.append(formats.short_period(line.period_start, line.period_end - timedelta(days=1)))
    if line.days is not None:
        left, days = map(formats.whole, line.days)
        told.append(_("%(left)s of %(days)s days") % {"left": left, "days": days})
    if line.discount_percent:
        told.append(_("less %(discount)s") % {"discount": formats.percent(line.discount_percent)})
    elif line.discount_per_unit:
        each = formats.price(line.discount_per_unit, document.currency)
        told.append(_("less %(discount)s each") % {"discount": each})
    if line.tax_inclusive and line.tax_rate and not document.tax_included:
        told.append(_("the unit price includes the tax"))
    if told:
        yield ", ".join(told)


def _sums(document: InvoiceDocument, formats: Formats) -> Iterator[Sum]:
    """From the lines to what is to be paid; each row adds to those above it."""
    currency, taxes = document.currency, document.taxes
    lines_minor = sum(line.total_minor if document.tax_included else line.net_minor for line in document.sold)
    added = document.fees_minor or document.fees_tax_minor or document.levied
    if added or (taxes and not document.tax_included):
        label = _("Sum") if document.tax_included else _("Net amount")
        yield Sum(label=label, value=formats.figure(lines_minor, currency), weight="line")
    if document.fees_minor:
        yield Sum(label=_("Fees"), value=formats.figure(document.fees_minor, currency), weight="line")
    if document.fees_tax_minor:
        tax = formats.figure(document.fees_tax_minor, currency)
        yield Sum(label=_("Tax on fees"), value=tax, weight="line")
    if not document.tax_included:
        for tax in taxes:
            label = taxed(tax, currency, formats)
            yield Sum(label=label, value=formats.figure(tax.tax_minor, currency), weight="line")
    for line in document.levied:
        value = formats.figure(line.tax_minor, currency)
        yield Sum(label=breakable(line.name), value=value, weight="line")
    yield from _total(document, formats)
    if document.tax_included:
        for tax in taxes:
            included = _("of which %(tax)s") % {"tax": taxed(tax, currency, formats)}
            yield Sum(label=included, value=formats.figure(tax.tax_minor, currency), weight="line")


def _total(document: InvoiceDocument, formats: Formats) -> Iterator[Sum]:
    currency = document.currency
    asked = document.status == "open" and document.total_minor > 0
    if document.due_minor == document.total_minor:
        label = _("To pay") if asked else _("Total")
        yield Sum(label=label, value=formats.money(document.total_minor, currency), weight="big")
        return
    yield Sum(label=_("Total"), value=formats.figure(document.total_minor, currency), weight="total")
    if document.paid_minor:
        yield Sum(label=_("Paid"), value=formats.figure(-document.paid_minor, currency), weight="line")
    if document.credit_used_minor:
        used = formats.figure(-document.credit_used_minor, currency)
        yield Sum(label=_("Credit used"), value=used, weight="line")
    if document.credited_minor > document.credit_used_minor:
        credited = formats.figure(document.credit_used_minor - document.credited_minor, currency)
        yield Sum(label=_("Credited"), value=credited, weight="line")
    yield Sum(label=_("To pay"), value=formats.money(document.due_minor, currency), weight="big")


def taxed(tax: DocumentTax, currency: str, formats: Formats) -> str:
    """A tax with its rate and what it falls on."""
    return _("%(tax)s of %(base)s") % {
        "tax": f"{tax.label or _('Tax')} {formats.percent(tax.rate)}",
        "base": formats.figure(tax.base_minor, currency),
    }


def _payment(document: InvoiceDocument, formats: Formats) -> Iterator[str]:
    """How and until when to pay, where that is still to be done."""
    if document.order_discount_minor:
        off = formats.money(document.order_discount_minor, document.currency)
        yield _("A discount of %(amount)s on the whole order is taken off in the amounts above.") % {
            "amount": off
        }
    if document.due_minor == 0 or document.status != "open":
        return
    if document.automatic:
        yield _("You need not do anything: the payment is made by itself.")
        return
    if document.net_terms_days:
        yield _("Payment terms: %(count)s days from the invoice date.") % {"count": document.net_terms_days}
    else:
        yield _("Payment terms: on receipt.")
    yield _("Please give the invoice number %(number)s with your payment.") % {"number": document.number}


def _footer(document: InvoiceDocument, formats: Formats) -> Iterator[str]:
    if document.next_invoice_on:
        yield _("Next invoice: %(date)s") % {"date": formats.short_day(document.next_invoice_on)}
    if document.seller.email:
        yield _("Questions: %(email)s") % {"email": document.seller.email}


def breakable(text: str) -> str:
    """The text without control characters, and with places to break in words that are too long for their column.

    >>> breakable("x" * 30).index("\\u200b")
    28
    """

    def broken(match: re.Match[str]) -> str:
        word = match.group()
        return "\N{ZERO WIDTH SPACE}".join(
            word[start : start + _LONGEST_WORD] for start in range(0, len(word), _LONGEST_WORD)
        )

    return _TOO_LONG.sub(broken, _CONTROL.sub(" ", text))
