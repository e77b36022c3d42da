"""Coming in and going out: an address, a letter with a link, a button, a cookie for some hours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from kalends.accounts import signed_links
from kalends.buyer.door import Guest, NotThere, count, enter_by_token, machine_of
from kalends.buyer.fields.form import BuyerForm
from kalends.buyer.invoice.reading import reader_of
from kalends.buyer.pages import buyer_page, moved, page
from kalends.buyer.portal.session import LASTS, SignedOut, open_account, owner_of, sign_in, sign_out, uses_up
from kalends.messages.outbox import Letter, queue
from kalends.platform import security_log
from kalends.platform.clock import system_now

KIND = "portal_link"
ASKED_PER_MACHINE, ASKED_PER_ADDRESS = 20, 5
"""Links that may be asked for in ten minutes."""

_OCCASION = timedelta(minutes=5)


class AskForm(BuyerForm):
    """The address to which the link is sent."""

    email = forms.EmailField(
        label=gettext_lazy("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )


def own_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the contact who is signed in; anybody else is asked for their address."""

    @buyer_page
    @functools.wraps(view)
    def guarded(request: HttpRequest, account_id: int, **kwargs: Any) -> HttpResponse:
        try:
            owner = owner_of(request, account_id)
        except SignedOut:
            return moved(reverse("portal-ask", args=[account_id]))
        return view(owner, **kwargs)

    guarded.__dict__["is_own_page"] = True
    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def ask(request: HttpRequest, account_id: int) -> HttpResponse:
    """Ask for the link. The answer is the same whether somebody is known by that address or not."""
    guest = open_account(request, account_id)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].strip().lower()
        count(guest.db, account_id, f"asking:{machine_of(request)}", ASKED_PER_MACHINE)
        count(guest.db, account_id, f"asked for:{email}", ASKED_PER_ADDRESS)
        _send_link(guest, email)
        return page(guest, "buyer/portal/asked.html", {"title": _("Look into your mail"), "email": email})
    context = {"title": _("Your pages"), "form": form}
    return page(guest, "buyer/portal/ask.html", context, status=422 if form.errors else 200)


def _send_link(guest: Guest, email: str) -> None:
    """Decide on the letter, if somebody is known by that address: one in five minutes."""
    row = guest.db.execute(
        "SELECT id FROM contact WHERE account_id = %s AND email = %s AND archived_at IS NULL",
        [guest.ctx.id, email],
    ).fetchone()
    if row is None:
        return
    letter = Letter(KIND, row[0], row[0], str(int(system_now().timestamp() // _OCCASION.total_seconds())))
    with guest.db.transaction():
        queue(guest.db, guest.ctx.id, guest.ctx.now, [letter], status=guest.ctx.settings.letters)


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_page
def come_in(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the letter: a button lets in, since programs that look through mail open links, too; and once.

    Later it leads to where another link is asked for, or to the pages for whoever is signed in there.
    """
    guest, link = enter_by_token(request, token, signed_links.PORTAL)
    contact = reader_of(guest, link.contact_id)
    if not contact.id or not guest.ctx.settings.portal:
        raise NotThere
    guest.speak(contact.language)
    if request.method != "POST":
        context = {
            "title": _("Your pages"),
            "email": contact.email,
            "hours": int(LASTS.total_seconds() // 3600),
        }
        return page(guest, "buyer/portal/come_in.html", context)
    response = moved(reverse("portal", args=[guest.ctx.id]))
    if uses_up(token, link.expires_at):
        sign_in(response, guest, contact)
    else:
        security_log.tell("signature_wrong", of="link to portal", account_id=guest.ctx.id)
    return response


@require_POST
@buyer_page
def go_out(request: HttpRequest, account_id: int) -> HttpResponse:
    """Sign out."""
    open_account(request, account_id)
    response = moved(reverse("portal-ask", args=[account_id]))
    sign_out(request, response)
    return response
