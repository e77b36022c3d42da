"""The addresses of buying: a payment link, a buyer's own checkout, and the way back from the processor's page.

Looking at a link writes nothing, so that whatever follows links fills no table. A checkout begins when the buyer sends
the form; a cookie that only the link's own address sees remembers it, so that coming back goes on.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kalends.buyer.checkout import paying, receipt, words
from kalends.buyer.checkout.forms import Answers, ChoiceForm, names_choices
from kalends.buyer.checkout.page import Sheet, closed, render, sheet_of
from kalends.buyer.door import Guest, NotThere, enter, enter_by_key, machine_of
from kalends.buyer.pages import buyer_page, leave_for, moved, page
from kalends.buyer.words import Told
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.sales.buyers import Buyer
from kalends.sales.charges import NoProcessor, OfferChanged, come_back, look
from kalends.sales.checkouts import (
    DONE,
    OPEN,
    PAYING,
    Checkout,
    NoSuchCheckout,
    find_checkout,
    open_checkout,
    terms_of,
)
from kalends.sales.link_source import terms_of_link
from kalends.sales.links import Link, NoSuchLink, link_of_key
from kalends.sales.trouble import Closed, Refused

COOKIE = f"{settings.COOKIE_PREFIX}kalends_checkout"
REMEMBERED = timedelta(days=30)
_MOST_REMEMBERED = 10
"""Of so many links a browser knows the checkout that it has begun; with one more it forgets the oldest."""
_LINK = "payment_link"
_PREFILL = ("email", "first_name", "last_name", "company", "phone")


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def buy(request: HttpRequest, account_id: int, key: UUID) -> HttpResponse:
    """A payment link: its offer to whoever comes, or the checkout that this browser has begun here."""
    # Counted by machine: many people may use one link at once.
    guest = enter(request, account_id, f"{key} {machine_of(request)}")
    try:
        link = link_of_key(guest.db, guest.ctx, key)
    except NoSuchLink as problem:
        raise NotThere from problem
    guest.speak(link.language)
    own = _own(guest, link)
    if own is not None and _goes_on(request, own):
        return moved(address_of(guest, own))
    because = link.closed_because(guest.ctx.today)
    if because is not None:
        return (
            moved(address_of(guest, own)) if own is not None and because == "used" else closed(guest, because)
        )
    if request.method != "POST":
        return render(_first_sheet(guest, link, own))
    fresh = own if own is not None and own.status == OPEN else _open(guest, link)
    response = paying.answer(guest, fresh, address_of(guest, fresh))
    latest = list(dict.fromkeys([fresh.public_key, *_remembered(request)]))[:_MOST_REMEMBERED]
    response.set_cookie(
        COOKIE, ".".join(map(str, latest)), max_age=REMEMBERED,
        httponly=True, samesite="Lax", secure=request.is_secure(),
    )  # fmt: skip
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def show(request: HttpRequest, account_id: int, key: UUID) -> HttpResponse:
    """A buyer's own checkout, as far as it is: the form, the wait, or the receipt."""
    guest, checkout = _come_in(request, account_id, key)
    here = address_of(guest, checkout)
    if checkout.status == PAYING:
        with guest.processors() as processors:
            checkout = look(guest.db, guest.ctx, processors, checkout)
    if request.method == "POST":
        return paying.answer(guest, checkout, here) if checkout.status == OPEN else moved(here)
    if checkout.status == DONE:
        return receipt.render(guest, checkout)
    if checkout.status == PAYING:
        return _waiting(guest, checkout)
    return _form(guest, checkout)


@require_safe
@buyer_page
def back(request: HttpRequest, account_id: int, key: UUID) -> HttpResponse:
    """Back from the processor's page, or the bank's: what was given is charged, once however often this is loaded."""
    guest, checkout = _come_in(request, account_id, key)
    here = address_of(guest, checkout)
    was_open = checkout.status == OPEN
    try:
        with guest.processors() as processors:
            whole = guest.address_of(reverse("checkout-back", args=[account_id, key]))
            after = come_back(guest.db, guest.ctx, processors, checkout, return_url=whole)
    except OfferChanged as change:
        told = words.told_of_change(guest, checkout.due_minor, change.shown.offer)
        return _form(guest, checkout, told, status=409)
    except Refused as refusal:
        sheet = _sheet(guest, checkout)
        sheet.blame(refusal.troubles)
        return render(sheet, status=409)
    except Closed as problem:
        return closed(guest, problem.because)
    except NoProcessor:
        return _form(guest, checkout, words.told_of_processor("none"), status=503)
    except ProcessorUnavailable:
        told = words.told_of_processor("unreachable")
        return _form(guest, checkout, told, status=503)
    if after.action_url is not None and was_open:
        return leave_for(guest, after.action_url, _("Your bank wants you to confirm the payment."))
    if after.status == OPEN and after.declined is None:
        return _form(guest, after, words.told_of_processor("nothing"))
    if after.status == DONE and checkout.status != DONE:
        onward = terms_of(guest.db, guest.ctx, after).redirect_url
        if onward:
            return receipt.lead_on(guest, onward, here)
    return moved(here)


def address_of(guest: Guest, checkout: Checkout) -> str:
    """The address of a buyer's own checkout."""
    return reverse("checkout", args=[guest.ctx.id, checkout.public_key])


def _come_in(request: HttpRequest, account_id: int, key: UUID) -> tuple[Guest, Checkout]:
    guest = enter_by_key(request, account_id, key)
    try:
        checkout = find_checkout(guest.db, guest.ctx, key)
    except NoSuchCheckout as problem:
        raise NotThere from problem
    guest.speak(checkout.language)
    return guest, checkout


def _own(guest: Guest, link: Link) -> Checkout | None:
    """The checkout of this link that the browser remembers."""
    for key in _remembered(guest.request):
        try:
            found = find_checkout(guest.db, guest.ctx, key)
        except NoSuchCheckout:
            continue
        if (found.source, found.source_id) == (_LINK, link.id):
            return found
    return None


def _remembered(request: HttpRequest) -> list[UUID]:
    """The checkouts that this browser has begun, of any account and the latest first."""
    try:
        return [UUID(each) for each in request.COOKIES.get(COOKIE, "").split(".")[:_MOST_REMEMBERED]]
    except ValueError:
        return []


def _goes_on(request: HttpRequest, own: Checkout) -> bool:
    """Whether to go to the own checkout instead: it is under way, or a form from before it was paid is sent again."""
    if request.method != "POST":
        return own.status != DONE and not names_choices(request.GET)
    return own.status != OPEN and request.POST.get("after") != str(own.public_key)


def _open(guest: Guest, link: Link) -> Checkout:
    return open_checkout(guest.db, guest.ctx, _LINK, link.id, language=guest.language)


def _first_sheet(guest: Guest, link: Link, own: Checkout | None) -> Sheet:
    """The page of a link for somebody who has sent nothing yet."""
    given = guest.request.GET
    buyer = Buyer.read({name: given[name][:200] for name in _PREFILL if name in given})
    terms = terms_of_link(guest.db, guest.ctx, link.id)
    preset = names_choices(given)
    choosing = ChoiceForm(given if preset else None, guest=guest, terms=terms, choices={}, preset=preset)
    sheet = sheet_of(guest, terms, choosing, Answers(guest, terms, buyer), guest.request.path, code_id=None)
    if own is not None and own.status == DONE:
        sheet.receipt, sheet.after = address_of(guest, own), str(own.public_key)
    return sheet


def _sheet(guest: Guest, checkout: Checkout) -> Sheet:
    """The page of an open checkout as it was left. Raises ``Closed``."""
    terms = terms_of(guest.db, guest.ctx, checkout)
    if terms.closed is not None:
        raise Closed(terms.closed)
    preset = names_choices(guest.request.GET)
    choosing = ChoiceForm(
        guest.request.GET if preset else None,
        guest=guest,
        terms=terms,
        choices=checkout.choices,
        code=checkout.code,
        preset=preset,
    )
    return sheet_of(
        guest, terms, choosing, Answers(guest, terms, checkout.buyer), address_of(guest, checkout),
        code_id=checkout.discount_code_id,
    )  # fmt: skip


def _form(guest: Guest, checkout: Checkout, told: Told | None = None, *, status: int = 200) -> HttpResponse:
    try:
        sheet = _sheet(guest, checkout)
    except Closed as problem:
        return closed(guest, problem.because)
    if told is None and checkout.declined is not None:
        told = words.told_of_decline(guest, checkout.declined, checkout.due_minor, checkout.currency)
    sheet.told = told
    sheet.blame(sheet.shown.troubles)
    return render(sheet, status=status)


def _waiting(guest: Guest, checkout: Checkout) -> HttpResponse:
    amount = guest.formats.money(checkout.due_minor or 0, checkout.currency)
    context = {"title": _("Your payment"), "amount": amount, "confirm": checkout.action_url}
    return page(guest, "buyer/checkout/wait.html", context)
