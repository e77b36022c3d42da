"""What becomes of a form that a buyer sends: kept and shown again, or on to the processor's page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kalends.buyer.checkout import words
from kalends.buyer.checkout.forms import Answers, ChoiceForm
from kalends.buyer.checkout.page import Sheet, cannot_be_paid, closed, render, sheet_of
from kalends.buyer.door import Guest, machine_of
from kalends.buyer.fields.address import wants_other_country
from kalends.buyer.pages import leave_for, moved
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import chosen_processor
from kalends.sales.charges import Consent, NoProcessor, OfferChanged, begin
from kalends.sales.checkouts import Checkout, choose, take_code, tell_buyer, terms_of
from kalends.sales.trouble import Closed, NotOpen, Refused, Trouble

UPDATE, APPLY, DROP = "update", "apply_code", "drop_code"
"""The buttons that ask for the page again: with other choices, with a discount code, without one."""


def answer(guest: Guest, checkout: Checkout, here: str) -> HttpResponse:
    """Take the form of an open checkout. Raises ``NotThere`` where nobody can buy any more; ``here`` is its address."""
    terms = terms_of(guest.db, guest.ctx, checkout)
    if terms.closed is not None:
        return closed(guest, terms.closed)
    try:
        if _asks_again(guest.request):
            return _again(guest, checkout, here)
        return _pay(guest, checkout, here)
    except NotOpen:
        return moved(here)
    except Closed as problem:
        return closed(guest, problem.because)


def _asks_again(request: HttpRequest) -> bool:
    return wants_other_country(request.POST) or any(name in request.POST for name in (UPDATE, APPLY, DROP))


def _take_choices(guest: Guest, checkout: Checkout, data: Any) -> tuple[Checkout, list[Trouble]]:
    """Keep the choices and the discount code as far as they will do; say what will not."""
    terms = terms_of(guest.db, guest.ctx, checkout)
    choosing = ChoiceForm(data, guest=guest, terms=terms, choices=checkout.choices)
    troubles: list[Trouble] = []
    choosing.is_valid()
    try:
        checkout = choose(guest.db, guest.ctx, checkout, choosing.choices)
    except Refused as refusal:
        troubles += refusal.troubles
    word = "" if DROP in data else str(data.get("code", "")).strip()
    if terms.take_discount_codes and word.casefold() != (checkout.code or "").casefold():
        try:
            checkout = take_code(guest.db, guest.ctx, checkout, word or None)
        except Refused as refusal:
            troubles += refusal.troubles
    return checkout, troubles


def _again(guest: Guest, checkout: Checkout, here: str) -> HttpResponse:
    """The page with what was typed, and without complaints about what was not typed yet."""
    data = guest.request.POST
    checkout, troubles = _take_choices(guest, checkout, data)
    sheet = _sheet(guest, checkout, here, data, taken=False)
    sheet.blame([*troubles, *sheet.shown.troubles])
    return render(sheet, status=422 if sheet.summary else 200)


def _pay(guest: Guest, checkout: Checkout, here: str) -> HttpResponse:
    data = guest.request.POST
    checkout, troubles = _take_choices(guest, checkout, data)
    sheet = _sheet(guest, checkout, here, data, taken=True)
    answers_fit = sheet.answers.check()
    if answers_fit:
        try:
            checkout = tell_buyer(guest.db, guest.ctx, checkout, sheet.answers.buyer)
        except Refused as refusal:
            troubles += refusal.troubles
    offer = sheet.shown.offer
    is_new = data.get("digest") != offer.digest or data.get("words") != words.mark_of(sheet.agreement.text)
    sheet.blame([*troubles, *sheet.shown.troubles])
    if sheet.summary and not (is_new and _only_consent(sheet)):
        return render(sheet, status=422)
    if is_new:
        return _changed(guest, checkout, here, _minor(data.get("due")))
    if cannot_be_paid(guest):
        return render(sheet, status=503)
    return _begin(guest, checkout, sheet, here)


def _only_consent(sheet: Sheet) -> bool:
    """Whether nothing is wrong but that payments to come were not agreed to, of which another offer has others."""
    return len(sheet.summary) == 1 and bool(sheet.consent.is_bound and sheet.consent.errors)


def _begin(guest: Guest, checkout: Checkout, sheet: Sheet, here: str) -> HttpResponse:
    name = chosen_processor(guest.db, guest.ctx)
    assert name is not None, "an account without a processor takes no payments"
    consent = None
    if sheet.agreement:
        agent = guest.request.headers.get("User-Agent", "")[:400]
        consent = Consent(sheet.agreement.text, machine_of(guest.request), agent)
    back = guest.address_of(reverse("checkout-back", args=[guest.ctx.id, checkout.public_key]))
    try:
        with guest.processors() as processors:
            url = begin(
                guest.db, guest.ctx, processors, checkout,
                processor=name, digest=sheet.shown.offer.digest, consent=consent,
                return_url=back, cancel_url=guest.address_of(here),
            )  # fmt: skip
    except OfferChanged:
        return _changed(guest, checkout, here, sheet.shown.offer.due_minor)
    except Refused as refusal:
        sheet.blame(refusal.troubles)
        return render(sheet, status=422)
    except NoProcessor:
        sheet.told = words.told_of_processor("none")
        return render(sheet, status=503)
    except ProcessorUnavailable:
        sheet.told = words.told_of_processor("unreachable")
        return render(sheet, status=503)
    return leave_for(guest, url)


def _changed(guest: Guest, checkout: Checkout, here: str, before_minor: int | None) -> HttpResponse:
    """The offer as it is now, with what was typed; it is asked for again, and agreed to anew."""
    sheet = _sheet(guest, checkout, here, guest.request.POST, taken=False)
    sheet.told = words.told_of_change(guest, before_minor, sheet.shown.offer)
    return render(sheet, status=409)


def _sheet(guest: Guest, checkout: Checkout, here: str, data: Any, *, taken: bool) -> Sheet:
    terms = terms_of(guest.db, guest.ctx, checkout)
    shown_code = data.copy()
    if "drop_code" in data:
        shown_code["code"] = ""
    sheet = sheet_of(
        guest,
        terms,
        ChoiceForm(shown_code, guest=guest, terms=terms, choices=checkout.choices, code=checkout.code),
        Answers(guest, terms, checkout.buyer, data, taken=taken),
        here,
        code_id=checkout.discount_code_id,
        consent_data=data if taken else None,
    )
    sheet.after = str(data.get("after", ""))
    return sheet


def _minor(text: Any) -> int | None:
    return int(text) if str(text or "").isdecimal() and len(str(text)) < 19 else None
