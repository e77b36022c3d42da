"""What a buyer sees who has bought: what was paid, by which means, what comes next, and the invoices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.accounts import signed_links
from kalends.buyer.checkout.words import every
from kalends.buyer.door import Guest
from kalends.buyer.pages import moved, page
from kalends.buyer.words import Told
from kalends.core.calendar import Frequency
from kalends.messages.letters.facts import Method
from kalends.messages.letters.facts import Terms as LetterTerms
from kalends.messages.letters.words import how_priced, method_words
from kalends.sales import agreed as agreements
from kalends.sales.checkouts import Checkout, terms_of


class Bought(NamedTuple):
    """A line that was bought: its name, how it was priced and how often it is billed."""

    name: str
    detail: str


class Paper(NamedTuple):
    """An invoice: its number and total, and where it is read and downloaded."""

    number: str
    total_minor: int
    address: str
    pdf: str


class Ahead(NamedTuple):
    """A subscription as it stands: what it is called, and in words what comes next."""

    name: str
    text: str
    amount_minor: int | None
    on: date | None


def render(guest: Guest, checkout: Checkout) -> HttpResponse:
    """The receipt's page, as things stand now: a bank debit may have arrived or failed since."""
    made = checkout.made or {}
    agreed = agreements.read(checkout.agreed or {})
    onward = terms_of(guest.db, guest.ctx, checkout).redirect_url
    context = {
        "title": _("Receipt") if made["paid_minor"] and not made["pending"] else _("Your order"),
        "told": _told(guest, checkout),
        "name": agreed.name,
        "currency": agreed.currency,
        "paid_minor": made["paid_minor"],
        "bought": _bought(guest, agreed),
        "code": agreed.code,
        "means": _means(guest, checkout),
        "email": checkout.buyer.email,
        "answered": _answered(guest, agreed, checkout),
        "papers": _papers(guest, made["invoices"]),
        "ahead": _ahead(guest, made["subscriptions"]),
        "onward": onward,
        "onward_words": _onward_words(onward) if onward else "",
        "done_at": checkout.done_at,
    }
    return page(guest, "buyer/checkout/receipt.html", context)


def lead_on(guest: Guest, onward: str, receipt: str) -> HttpResponse:
    """On to the seller's own page, as the link wants it, or back to the quote; the receipt stays at its address."""
    if onward.startswith(f"{settings.PUBLIC_URL}/"):
        return moved(onward.removeprefix(settings.PUBLIC_URL))
    context = {
        "title": _("Thank you"),
        "url": onward,
        "name": urlsplit(onward).hostname,
        "receipt": receipt,
    }
    return page(guest, "buyer/checkout/onward.html", context)


def _onward_words(onward: str) -> str:
    if onward.startswith(f"{settings.PUBLIC_URL}/"):
        return _("Back to the quote")
    return _("Go on to %(name)s") % {"name": urlsplit(onward).hostname}


def _told(guest: Guest, checkout: Checkout) -> Told:
    made = checkout.made or {}
    amount = {"amount": guest.formats.money(made["paid_minor"], checkout.currency)}
    statuses = _statuses(guest, made["payments"])
    if "failed" in statuses:
        text = _("The bank did not accept the debit. You get a letter that says how to pay another way.")
        return Told("bad", "circle-alert", _("%(amount)s was declined") % amount, text)
    if "processing" in statuses:
        text = _(
            "A bank debit takes some banking days. You get a receipt by email once the money has arrived."
        )
        return Told("info", "hourglass", _("%(amount)s is on its way from your bank") % amount, text)
    sent = {"email": checkout.buyer.email}
    if not made["paid_minor"]:
        if made["subscriptions"]:
            text = _("Nothing was charged today. Your card or account is kept for the payments below.")
        else:
            text = _("There is nothing to pay.")
        return Told("ok", "circle-check", _("Thank you. Your order is in."), text)
    text = _("Thank you. The receipt goes to %(email)s.") % sent
    return Told("ok", "circle-check", _("%(amount)s is paid") % amount, text)


def _statuses(guest: Guest, payments: Sequence[int]) -> set[str]:
    rows = guest.db.execute(
        "SELECT DISTINCT status FROM payment WHERE account_id = %s AND id = ANY(%s)",
        [guest.ctx.id, list(payments)],
    ).fetchall()
    return {row[0] for row in rows}


def _bought(guest: Guest, agreed: agreements.Agreed) -> list[Bought]:
    found: list[Bought] = []
    for part in agreed.parts:
        often = _("once") if part.frequency is None else every(part.frequency)
        if not part.due_now:
            often = _("%(often)s, from %(day)s") % {
                "often": often,
                "day": guest.formats.short_day(part.start),
            }
        for line in part.lines:
            terms = line.terms
            told = LetterTerms(
                line.name, terms.quantity, terms.unit_price, terms.discount_per_unit, terms.discount_percent
            )
            price = guest.formats.price(terms.unit_price, agreed.currency)
            how = how_priced(told, agreed.currency, guest.formats) or price
            found.append(Bought(line.name, f"{how} {agreed.currency}, {often}"))
    return found


def _answered(guest: Guest, agreed: agreements.Agreed, checkout: Checkout) -> list[tuple[str, str]]:
    """The seller's own questions, with what was answered."""
    return [
        (asked.label, _in_words(guest, asked.type, answer))
        for asked, answer in agreed.answered(checkout.buyer.custom)
    ]


def _in_words(guest: Guest, kind: str, answer: str) -> str:
    if kind == "checkbox":
        return _("Yes")
    if kind == "date":
        return guest.formats.day(date.fromisoformat(answer))
    return guest.formats.number(Decimal(answer)) if kind == "number" else answer


def _means(guest: Guest, checkout: Checkout) -> str:
    """By which card or account it was paid, or will be: "Visa ··4242"."""
    made = checkout.made or {}
    row = guest.db.execute(
        "SELECT method_kind, brand, last4, bank_or_issuer FROM payment WHERE account_id = %s AND id = ANY(%s) "
        "ORDER BY id LIMIT 1",
        [guest.ctx.id, list(made["payments"])],
    ).fetchone()
    if row is None and checkout.payment_method_id is not None:
        row = guest.db.execute(
            "SELECT kind, brand, last4, bank_or_issuer FROM payment_method WHERE account_id = %s AND id = %s",
            [guest.ctx.id, checkout.payment_method_id],
        ).fetchone()
    if row is None:
        return ""
    words = method_words(Method(*row))
    return words[:1].upper() + words[1:]


def _papers(guest: Guest, invoices: Sequence[int]) -> list[Paper]:
    rows = guest.db.execute(
        "SELECT id, number, total_minor FROM invoice WHERE account_id = %s AND id = ANY(%s) AND number IS NOT NULL "
        "AND archived_at IS NULL ORDER BY id",
        [guest.ctx.id, list(invoices)],
    ).fetchall()
    found: list[Paper] = []
    for id_, number, total in rows:
        # A link that belongs to nobody: what is stored for the contact is not offered to whoever has this address.
        token = signed_links.token(signed_links.INVOICE, guest.ctx.id, id_, guest.ctx.now)
        found.append(
            Paper(number, total, reverse("buyer-invoice", args=[token]), reverse("invoice-pdf", args=[token]))
        )
    return found


def _ahead(guest: Guest, subscriptions: Sequence[int]) -> list[Ahead]:
    rows = guest.db.execute(
        "SELECT name, frequency, status, next_due_date, next_amount_minor, canceled_at FROM subscription "
        "WHERE account_id = %s AND id = ANY(%s) ORDER BY next_due_date NULLS LAST, id",
        [guest.ctx.id, list(subscriptions)],
    ).fetchall()
    return [_one_ahead(*row) for row in rows]


def _one_ahead(
    name: str, frequency: str, status: str, due: date | None, amount: int | None, canceled_at: object
) -> Ahead:
    if canceled_at is not None or status == "canceled":
        return Ahead(name, _("canceled: nothing more is charged"), None, None)
    if due is None:
        return Ahead(name, _("no further payment is planned"), None, None)
    return Ahead(name, every(Frequency(frequency)), amount, due)
