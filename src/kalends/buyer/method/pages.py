"""Giving a subscription another card or account: what it is for, what is charged at once, and what came of it."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kalends.accounts import signed_links
from kalends.billing.hold import find_hold
from kalends.buyer.door import Guest, enter_by_token
from kalends.buyer.fields.form import BuyerForm
from kalends.buyer.giving import Visitor, Wanted, given, lead_to_processor
from kalends.buyer.invoice.form import NEW
from kalends.buyer.invoice.reading import Reader, reader_of
from kalends.buyer.method.reading import Standing, charged_at_once, present_method, standing_of
from kalends.buyer.methods import usable_methods
from kalends.buyer.pages import buyer_page, leave_for, moved, page
from kalends.buyer.words import Told, told_of
from kalends.core.lifecycle import RefusedTransition
from kalends.events.requests import find_request as find_earlier
from kalends.payments.again import pay_by_new_method
from kalends.payments.collect import ask_about_cards
from kalends.payments.pay_now import BUYER, course, send, waits_for_bank
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import chosen_processor

RESULT = "given"
"""The parameter that names the request whose result is shown."""


class MethodForm(BuyerForm):
    """Which of the stored ways to pay is used from now on, or a new one."""

    request_key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, data: Any, choices: list[tuple[str, str]]) -> None:
        super().__init__(data, initial={"request_key": secrets.token_urlsafe(18), "method": NEW})
        if choices:
            self.fields["method"] = forms.ChoiceField(
                label=_("Pay from now on with"),
                choices=[(NEW, _("A new card or account")), *choices],
                widget=forms.RadioSelect,
            )

    @property
    def method_id(self) -> int | None:
        """The stored method that was chosen; None for a new one."""
        chosen = self.cleaned_data.get("method") or NEW
        return None if chosen == NEW else int(chosen)


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def show(request: HttpRequest, token: str) -> HttpResponse:
    """What the subscription is paid by, and the form that changes it."""
    guest, standing, reader = _come_in(request, token)
    if request.method == "POST":
        return _given(guest, standing, reader, token)
    return _shown(guest, standing, token)


@require_safe
@buyer_page
def back(request: HttpRequest, token: str, key: UUID) -> HttpResponse:
    """Back from the processor's page: what was given there pays from now on, and what is overdue at once."""
    guest, standing, _reader = _come_in(request, token)
    try:
        _asked, method_id = given(guest, key, "subscription", standing.id)
    except ProcessorUnavailable:
        return _shown(guest, standing, token, [_unreachable()])
    if method_id is None:
        text = _("You came back without giving a card or an account.")
        return _shown(guest, standing, token, [Told("info", "info", _("Nothing was changed"), text)])
    return _use(guest, standing, token, method_id, f"page-{key}")


def _come_in(request: HttpRequest, token: str) -> tuple[Guest, Standing, Reader]:
    guest, link = enter_by_token(request, token, signed_links.METHOD)
    reader = reader_of(guest, link.contact_id)
    guest.speak(reader.language)
    return guest, standing_of(guest, link.record_id, link.contact_id), reader


def _given(guest: Guest, standing: Standing, reader: Reader, token: str) -> HttpResponse:
    processor = chosen_processor(guest.db, guest.ctx)
    if processor is None or standing.has_ended:
        return _shown(guest, standing, token, status=409)
    form = _form(guest, standing, processor, guest.request.POST)
    if not form.is_valid():
        return _shown(guest, standing, token, form=form, status=422)
    if form.method_id is not None:
        return _use(guest, standing, token, form.method_id, form.cleaned_data["request_key"])
    wanted = Wanted("subscription", standing.id, standing.currency, standing.kinds, standing.contact_id)
    visitor = Visitor(reader.name, reader.email, guest.language)
    try:
        return lead_to_processor(guest, processor, wanted, visitor, here=_whole(guest, token))
    except ProcessorUnavailable:
        return _shown(guest, standing, token, [_unreachable()], status=503)


def _use(guest: Guest, standing: Standing, token: str, method_id: int, key: str) -> HttpResponse:
    try:
        charged = pay_by_new_method(guest.db, guest.ctx, standing.id, method_id, actor=BUYER, request_key=key)
    except RefusedTransition:
        text = _("This card or account cannot be used here. Choose another one.")
        told = Told("warn", "triangle-alert", _("Nothing was changed"), text)
        return _shown(guest, standing, token, [told], status=409)
    result = f"{_whole(guest, token)}?{RESULT}={key}"
    if find_hold(guest.db, guest.ctx.id) is not None:
        return moved(result)
    confirm = None
    with guest.processors() as processors:
        for payment_id in charged:
            confirm = send(guest.db, guest.ctx, processors, payment_id, return_url=result) or confirm
    return leave_for(guest, confirm) if confirm else moved(result)


def _form(guest: Guest, standing: Standing, processor: str, data: Any = None) -> MethodForm:
    stored = usable_methods(guest, standing.contact_id, standing.kinds, processor)
    return MethodForm(data, [(str(each.id), each.name) for each in stored])


def _shown(
    guest: Guest,
    standing: Standing,
    token: str,
    told: list[Told] | None = None,
    *,
    form: MethodForm | None = None,
    status: int = 200,
) -> HttpResponse:
    processor = chosen_processor(guest.db, guest.ctx)
    at_once = charged_at_once(guest, standing)
    told = told or _result(guest, standing)
    open_to_change = processor is not None and bool(standing.kinds) and not standing.has_ended
    if open_to_change and processor is not None:
        form = form or _form(guest, standing, processor)
    context = {
        "title": _("Payment method"),
        "standing": standing,
        "present": present_method(guest, standing),
        "today": guest.ctx.today,
        "at_once": at_once,
        "at_once_minor": sum(item.owed_minor for item in at_once),
        "form": form if open_to_change else None,
        "told": told,
        "held": find_hold(guest.db, guest.ctx.id) is not None,
        "here": reverse("buyer-method", args=[token]),
        "looks_again": any(not each.is_over for each in told),
    }
    return page(guest, "buyer/method.html", context, status=status)


def _result(guest: Guest, standing: Standing) -> list[Told]:
    """What came of the method that the address names, if it was given for this subscription."""
    key = guest.request.GET.get(RESULT, "")
    earlier = find_earlier(guest.db, guest.ctx, "new_method", key) if 0 < len(key) <= 64 else None
    if earlier is None or earlier.asked.get("subscription") != standing.id:
        return []
    method = present_method(guest, standing)
    used = {"name": standing.name, "method": method.name if method else ""}
    headline = _("%(name)s is paid by %(method)s from now on") % used
    told = [Told("ok", "circle-check", headline, _("It is used from the next payment on."))]
    for payment_id in earlier.result["payments"]:
        what = course(guest.db, guest.ctx, payment_id)
        if what is not None and waits_for_bank(what):
            with guest.processors() as processors:
                ask_about_cards(guest.db, guest.ctx, processors, payment_id=payment_id)
            what = course(guest.db, guest.ctx, payment_id)
        if what is not None:
            told.append(told_of(guest, what))
    return told


def _whole(guest: Guest, token: str) -> str:
    return guest.address_of(reverse("buyer-method", args=[token]))


def _unreachable() -> Told:
    text = _("The payment processor cannot be reached at the moment. Try again in a few minutes.")
    return Told("warn", "triangle-alert", _("Nothing was changed"), text)
