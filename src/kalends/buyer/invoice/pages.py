"""The pages of one invoice, by a signed link: read it, download it, pay it, and come back from the processor's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kalends.accounts import signed_links
from kalends.accounts.signed_links import SignedLink
from kalends.billing.hold import find_hold
from kalends.buyer.door import Guest, NotThere, enter_by_token
from kalends.buyer.giving import Visitor, Wanted, given, lead_to_processor
from kalends.buyer.invoice.form import PayForm
from kalends.buyer.invoice.reading import (
    Reader,
    invoice_of,
    paid_parts,
    pdf_for,
    reader_of,
    sheet_for,
    why_for,
)
from kalends.buyer.methods import usable_methods
from kalends.buyer.pages import buyer_page, leave_for, moved, page
from kalends.buyer.words import Told, told_of, why_not
from kalends.events.requests import find_request as find_earlier
from kalends.payments.collect import AtTheBank, ask_about_cards, cards_under_way
from kalends.payments.pay_now import (
    CannotPay,
    Course,
    Payable,
    course,
    pay_now,
    payable,
    refuse_amount,
    send,
    unanswered,
)
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import chosen_processor

RESULT = "payment"
"""The parameter that names the payment whose result is shown."""


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The invoice, what became of its payments, and the form that pays it."""
    guest, link, reader = _come_in(request, token)
    another_way = request.method == "POST" and "another_way" in request.POST
    found, waiting = _settled(guest, link, token, give_up=another_way)
    if another_way:
        return moved(_whole(guest, token))
    if request.method == "POST":
        return _pay(guest, found, reader, token)
    return _shown(guest, found, reader, token, waiting=waiting)


@require_safe
@buyer_page
def download(request: HttpRequest, token: str) -> HttpResponse:
    """The invoice as a PDF, as it went out by letter."""
    guest, link, _reader = _come_in(request, token)
    found = invoice_of(guest, link)
    name, content = pdf_for(guest, found.id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_safe
@buyer_page
def back(request: HttpRequest, token: str, key: UUID) -> HttpResponse:
    """Back from the processor's page: what was given there pays the invoice, once, however often this is loaded."""
    guest, link, reader = _come_in(request, token)
    found = invoice_of(guest, link)
    try:
        asked, method_id = given(guest, key, "invoice", found.id)
    except ProcessorUnavailable:
        return _shown(guest, found, reader, token, _unreachable())
    if method_id is None:
        return _shown(guest, found, reader, token, _nothing_given())
    return _charge(guest, found, reader, token, method_id, asked.amount_minor or 0, f"page-{key}")


def _come_in(request: HttpRequest, token: str) -> tuple[Guest, SignedLink, Reader]:
    guest, link = enter_by_token(request, token, signed_links.INVOICE)
    reader = reader_of(guest, link.contact_id)
    guest.speak(reader.language)
    return guest, link, reader


def _settled(guest: Guest, link: SignedLink, token: str, *, give_up: bool) -> tuple[Payable, list[AtTheBank]]:
    """The invoice, after a look at payments whose answer was lost, and at those that wait to be confirmed at a bank.

    The latter come with it, unless the customer ``gives up`` on them to pay in another way.
    """
    found, waiting = invoice_of(guest, link), list[AtTheBank]()
    lost = unanswered(guest.db, guest.ctx, found.id)
    cards = cards_under_way(guest.db, guest.ctx, invoice_id=found.id)
    if not lost and not cards:
        return found, waiting
    with guest.processors() as processors:
        for payment_id in lost:
            send(guest.db, guest.ctx, processors, payment_id, return_url=_whole(guest, token))
        waiting = ask_about_cards(guest.db, guest.ctx, processors, invoice_id=found.id, give_up=give_up)
    return invoice_of(guest, link), waiting


def _pay(guest: Guest, found: Payable, reader: Reader, token: str) -> HttpResponse:
    processor = chosen_processor(guest.db, guest.ctx)
    if processor is None:
        raise NotThere
    form = _form(guest, found, reader, processor, guest.request.POST)
    if not form.is_valid():
        return _shown(guest, found, reader, token, form=form, status=422)
    if form.method_id is not None:
        return _charge(
            guest, found, reader, token, form.method_id, form.amount_minor, form.cleaned_data["request_key"]
        )
    try:
        refuse_amount(found, guest.ctx, form.amount_minor)
    except CannotPay as refusal:
        return _shown(guest, found, reader, token, _refused(guest, refusal), status=409)
    keep = bool(form.cleaned_data.get("keep"))
    wanted = Wanted(
        "invoice", found.id, found.currency, found.kinds, reader.id or None, form.amount_minor, keep=keep
    )
    visitor = Visitor(reader.name, reader.email, guest.language)
    try:
        return lead_to_processor(guest, processor, wanted, visitor, here=_whole(guest, token))
    except ProcessorUnavailable:
        return _shown(guest, found, reader, token, _unreachable(), status=503)


def _charge(
    guest: Guest, found: Payable, reader: Reader, token: str, method_id: int, amount_minor: int, key: str
) -> HttpResponse:
    try:
        payment_id = pay_now(
            guest.db, guest.ctx, found.id, method_id=method_id, amount_minor=amount_minor, request_key=key
        )
    except CannotPay as refusal:
        return _shown(guest, found, reader, token, _refused(guest, refusal), status=409)
    result = f"{_whole(guest, token)}?{RESULT}={key}"
    with guest.processors() as processors:
        confirm = send(guest.db, guest.ctx, processors, payment_id, return_url=result)
    return leave_for(guest, confirm) if confirm else moved(result)


def _form(guest: Guest, found: Payable, reader: Reader, processor: str, data: Any = None) -> PayForm:
    """A link that came to the invoice's own contact offers what they have stored; any other offers nothing stored."""
    own = bool(reader.id) and reader.id == found.contact_id
    stored = usable_methods(guest, reader.id, found.kinds, processor) if own else []
    return PayForm(data, guest=guest, found=found, stored=stored, may_keep=own)


def _shown(
    guest: Guest,
    found: Payable,
    reader: Reader,
    token: str,
    told: Told | None = None,
    *,
    form: PayForm | None = None,
    waiting: Sequence[AtTheBank] = (),
    status: int = 200,
) -> HttpResponse:
    if status != 200:
        found = _anew(guest, found)
    processor = chosen_processor(guest.db, guest.ctx)
    pays = found.status == "open" and found.owed_minor > 0
    held = find_hold(guest.db, guest.ctx.id) is not None
    if pays and processor and found.kinds and not held:
        form = form or _form(guest, found, reader, processor)
    else:
        form = None
    told = told or _result(guest, found)
    context = {
        "title": _("Invoice %(number)s") % {"number": found.number},
        "found": found,
        "form": form,
        "pays": pays,
        "held": held,
        "sheet": sheet_for(guest, found.id),
        "why": why_for(guest, found),
        "parts": paid_parts(guest, found.id),
        "told": told,
        "waiting": waiting,
        "pdf": reverse("invoice-pdf", args=[token]),
        "here": reverse("buyer-invoice", args=[token]),
        "looks_again": told is not None and not told.is_over,
    }
    return page(guest, "buyer/invoice.html", context, status=status)


def _anew(guest: Guest, found: Payable) -> Payable:
    """The invoice as it stands after a refusal: perhaps somebody else has just paid it."""
    return payable(guest.db, guest.ctx, found.id) or found


def _result(guest: Guest, found: Payable) -> Told | None:
    """What became of the payment that the address names."""
    what = _named(guest, found)
    return None if what is None else told_of(guest, what)


def _named(guest: Guest, found: Payable) -> Course | None:
    """The payment that the address names, if it is one of this invoice's."""
    key = guest.request.GET.get(RESULT, "")
    earlier = find_earlier(guest.db, guest.ctx, "pay_now", key) if 0 < len(key) <= 64 else None
    if earlier is None:
        return None
    what = course(guest.db, guest.ctx, earlier.result["payment"])
    return what if what is not None and what.invoice_id == found.id else None


def _whole(guest: Guest, token: str) -> str:
    return guest.address_of(reverse("buyer-invoice", args=[token]))


def _refused(guest: Guest, refusal: CannotPay) -> Told:
    return Told("warn", "triangle-alert", _("Nothing was charged"), why_not(guest, refusal))


def _unreachable() -> Told:
    text = _("The payment processor cannot be reached at the moment. Try again in a few minutes.")
    return Told("warn", "triangle-alert", _("Nothing was charged"), text)


def _nothing_given() -> Told:
    text = _("You came back without giving a card or an account.")
    return Told("info", "info", _("Nothing was charged"), text)
