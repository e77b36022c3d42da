"""A letter in words, before it is laid out; and the sentences that several kinds of letters share."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from kalends.core.terms import TAX
from kalends.messages.letters.facts import Agreement, Charge, Document, Facts, Line, Method, Seller, Terms
from kalends.messages.letters.formats import Formats

BY_HAND = frozenset({"cash", "check", "wire_transfer", "other"})
"""Means of payment that no processor moves."""

_TIMES = "\N{MULTIPLICATION SIGN}"


class Link(NamedTuple):
    """A button: what it does, and where it leads."""

    label: str
    address: str


class Row(NamedTuple):
    """A row of a letter's table. ``weight`` is ``line``, ``quiet`` (tax, fees), ``total``, or ``fact`` for words."""

    label: str
    value: str
    detail: str = ""
    weight: str = "line"


@dataclass(frozen=True, slots=True)
class Words:
    """Everything a letter says. ``figure`` and ``unit`` are its headline: an amount and its currency, or a name.

    ``preview`` is what mail programs show beside the subject; ``closing`` is the box at the end with its title.
    ``farewell`` are paragraphs in the account's own words. ``footer`` says why the reader gets it; who writes is told
    above that, and how to get no more (``leave``) below.
    """

    subject: str
    preview: str
    opening: str
    figure: str
    below: tuple[str, ...]
    rows: tuple[Row, ...]
    closing_title: str
    closing: tuple[str, ...]
    footer: tuple[str, ...]
    unit: str = ""
    link: Link | None = None
    farewell: tuple[str, ...] = ()
    leave: Link | None = None


def method_words(method: Charge | Method) -> str:
    """How a person recognizes the means of payment: "Visa ··4417"."""
    names = {
        "card": method.brand or _("card"),
        "cash": _("cash"),
        "check": _("check"),
        "wire_transfer": _("bank transfer"),
        "other": _("other means"),
    }
    name = names.get(method.method_kind) or method.bank or _("bank account")
    return f"{name}\N{NO-BREAK SPACE}··{method.last4}" if method.last4 else name


def when_and_how(charge: Charge, formats: Formats) -> str:
    """The day and the means: "on 15 November 2026 from Visa ··4417"."""
    words = {"date": formats.day(charge.on), "method": method_words(charge)}
    if charge.method_kind in BY_HAND:
        return _("on %(date)s by %(method)s") % words
    return _("on %(date)s from %(method)s") % words


def invoice_number(document: Document | None) -> tuple[str, ...]:
    """The line that names the invoice, if there is one."""
    return () if document is None else (_("Invoice %(number)s") % {"number": document.number},)


def subject_and_period(agreement: Agreement | None, document: Document | None, formats: Formats) -> str:
    """What was billed and for which days: "Fleet Pro, 15 Nov - 14 Dec 2026."; empty when neither is known."""
    parts = [agreement.name] if agreement else []
    if document and document.period_start and document.period_end:
        parts.append(formats.period(document.period_start, document.period_end - timedelta(days=1)))
    return ", ".join(parts) + "." if parts else ""


def next_payment(agreement: Agreement | None, formats: Formats, *, same: str = "") -> tuple[str, ...]:
    """What will be asked for next, and when; nothing for an invoice that belongs to no subscription.

    ``same`` is the kind of means that has just been used, when the next payment uses it again.
    """
    if agreement is None:
        return ()
    if agreement.canceled_on is not None:
        return (_("The subscription is canceled. You will not be charged again."),)
    if agreement.next_due_date is None:
        return (_("No further payment is planned."),)
    words = {"date": formats.day(agreement.next_due_date)}
    if agreement.next_amount_minor is None:
        return (_("The next payment is on %(date)s.") % words,)
    words["amount"] = formats.money(agreement.next_amount_minor, agreement.currency)
    if not agreement.automatic:
        return (_("The next invoice, of %(amount)s, comes on %(date)s.") % words,)
    if same == "card":
        return (_("The next payment of %(amount)s is on %(date)s, from the same card.") % words,)
    if same:
        return (_("The next payment of %(amount)s is on %(date)s, from the same account.") % words,)
    return (_("The next payment of %(amount)s is on %(date)s.") % words,)


def document_rows(document: Document | None, formats: Formats, total_label: str) -> tuple[Row, ...]:
    """An invoice's lines, its discount, fees and taxes, and the total they add up to."""
    if document is None:
        return ()
    return tuple(_document_rows(document, formats, total_label))


def _document_rows(document: Document, formats: Formats, total_label: str) -> Iterator[Row]:
    currency = document.currency
    for line in document.lines:
        if line.levy == TAX:
            continue
        shown = line.total_minor if line.tax_inclusive else line.total_minor - line.tax_minor
        yield Row(line.name, formats.figure(shown, currency), how_priced(line, currency, formats))
    if document.fees_minor:
        yield Row(_("Fees"), formats.figure(document.fees_minor, currency), weight="quiet")
    taxes = _taxes(document)
    fees_tax = document.total_minor - document.fees_minor - sum(line.total_minor for line in document.lines)
    if fees_tax and document.fees_minor:
        yield Row(_("Tax on fees"), formats.figure(fees_tax, currency), weight="quiet")
    for (label, rate, inclusive), tax_minor in taxes.items():
        if not inclusive:
            yield Row(f"{label} {formats.percent(rate)}", formats.figure(tax_minor, currency), weight="quiet")
    for line in document.lines:
        if line.levy == TAX:
            yield Row(line.name, formats.figure(line.tax_minor, currency), weight="quiet")
    yield Row(total_label, formats.money(document.total_minor, currency), weight="total")
    if document.credit_used_minor:
        yield Row(_("Credit used"), formats.figure(-document.credit_used_minor, currency), weight="quiet")
    for (label, rate, inclusive), tax_minor in taxes.items():
        if inclusive:
            included = _("of which %(tax)s") % {"tax": f"{label} {formats.percent(rate)}"}
            yield Row(included, formats.figure(tax_minor, currency), weight="quiet")


def how_priced(line: Line | Terms, currency: str, formats: Formats) -> str:
    """How a line came about, where it is not simply its price: quantity, unit price, discount."""
    price = formats.price(line.unit_price, currency)
    parts: list[str] = []
    if line.quantity != 1:
        parts.append(f"{formats.number(line.quantity)} {_TIMES} {price}")
    discount = discounted(line, currency, formats)
    if discount and line.quantity == 1:
        parts.append(price)
    return ", ".join([*parts, discount] if discount else parts)


def discounted(line: Line | Terms, currency: str, formats: Formats) -> str:
    """What is taken off a line's price; empty where nothing is."""
    if line.discount_percent:
        return _("less %(discount)s") % {"discount": formats.percent(line.discount_percent)}
    if line.discount_per_unit:
        return _("less %(discount)s each") % {"discount": formats.price(line.discount_per_unit, currency)}
    return ""


def _taxes(document: Document) -> dict[tuple[str, Decimal, bool], int]:
    """The taxes of the document by label, rate, and whether prices include them."""
    taxes: dict[tuple[str, Decimal, bool], int] = {}
    for line in document.lines:
        if line.tax_minor and line.levy != TAX:
            key = (line.tax_label or _("Tax"), line.tax_rate, line.tax_inclusive)
            taxes[key] = taxes.get(key, 0) + line.tax_minor
    return taxes


def why_failed(code: str | None, *, for_staff: bool) -> str:
    """Why a charge failed, in a sentence.

    A customer is not told that a card was reported lost or stolen: whoever reads the letter may be the wrong one.
    """
    reasons = {
        "insufficient_funds": _("There was not enough money in the account."),
        "expired_card": _("The card has expired."),
        "expired": _("The card has expired."),
        "incorrect_postal_code": _("The postal code is not the one that the bank knows."),
        "account_closed": _("The account is closed."),
        "closed": _("The account is closed."),
        "debit_not_authorized": _("The bank was told not to accept this debit."),
        "authentication_required": _("The bank wants the payment to be confirmed."),
    }
    if for_staff:
        lost, stolen = _("The card was reported lost."), _("The card was reported stolen.")
        reasons |= {"lost_card": lost, "lost": lost, "stolen_card": stolen, "stolen": stolen}
    return reasons.get(code or "") or _("The bank did not accept the payment.")


def why_you_get_this(agreement: Agreement | None, seller: str) -> str:
    """The line at the foot of a customer's letter."""
    if agreement is None:
        return _("You get this because you are a customer of %(seller)s.") % {"seller": seller}
    return _("You get this because you pay for %(name)s at %(seller)s.") % {
        "name": agreement.name,
        "seller": seller,
    }


def who_writes(seller: Seller, formats: Formats) -> Iterator[str]:
    """The lines at the foot of every letter: who writes, from where, and where to write to."""
    place = (
        (*seller.address, formats.country(seller.country))
        if seller.address and seller.country
        else seller.address
    )
    yield ", ".join(filter(None, (seller.name, *place, seller.tax_id)))
    if seller.email:
        yield _("Questions: %(email)s") % {"email": seller.email}


def changed_to(facts: Facts, column: str) -> date | None:
    """The day that an edit set a date to; None if it set none."""
    return facts.change.columns.get(column, (None, None))[1] if facts.change else None


def name_and_seller(facts: Facts) -> dict[str, str]:
    """The places that many subjects have: what the subscription is called, and who sells it."""
    assert facts.agreement is not None
    return {"name": facts.agreement.name, "seller": facts.seller.name}


def update_payment(agreement: Agreement | None) -> Link | None:
    """The button that leads the customer to where another means of payment can be given."""
    if agreement is None or not agreement.update_page:
        return None
    return Link(_("Update payment method"), agreement.update_page)


def view_invoice(document: Document | None, *, to_pay: bool) -> Link | None:
    """The button that leads the customer to their invoice, and to paying it where it can be paid online."""
    if document is None or not document.page:
        return None
    return Link(_("View and pay") if to_pay and document.payable else _("View invoice"), document.page)


def open_subscription(agreement: Agreement | None) -> Link | None:
    """The button that leads staff to the subscription."""
    return Link(_("Open subscription"), agreement.page) if agreement and agreement.page else None


def why_staff_gets_this(seller: str) -> str:
    """The line at the foot of a notice to staff about payments."""
    return _("You get this because you administer %(seller)s and want to be told of payments.") % {
        "seller": seller
    }
