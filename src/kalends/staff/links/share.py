"""Sharing a payment link: its address, a QR code, a button for a website, and an email that is ready to send."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote
from uuid import UUID

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.accounts.letterhead import Letterhead
from kalends.payments.processors.registry import chosen_processor
from kalends.sales.links import Link, NoSuchLink, find_link
from kalends.staff.objects import record_address
from kalends.staff.reply import is_htmx
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


def address_of(account_id: int, key: UUID) -> str:
    """Where somebody buys through a link."""
    return f"{settings.PUBLIC_URL}/buy/{account_id}/{key}"


def without_processor(visit: Visit) -> bool:
    """Whether nobody can pay through any link, since the account has no processor."""
    return chosen_processor(visit.psycopg(), visit.ctx) is None


@require_safe
@account_page
def panel(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002 - the address's word
    """All ways of sharing, in the side panel; without script as a page."""
    link = _link(visit, id)
    address = address_of(visit.ctx.id, link.public_key)
    back = record_address(visit.ctx.id, "payment_link", id)
    context: dict[str, Any] = {
        "link": link,
        "address": address,
        "qr": reverse("payment_link-qr", args=[visit.ctx.id, id]),
        "without_processor": without_processor(visit),
        "snippet": _snippet(address, link.name, visit.ctx.letterhead),
        "letter": _letter(visit, link, address),
        "back": back,
        "title": _("Share %(name)s") % {"name": link.name},
    }
    if is_htmx(request):
        return render(request, "staff/links/share.html", context)
    with visit.cursor() as cursor:
        context = {**shell(cursor, visit, request, "payment_links"), **context}
    return render(request, "staff/links/share_page.html", context)


@require_safe
@account_page
def qr(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002
    """The address as a QR code: an image in SVG, which prints sharply at any size."""
    link = _link(visit, id)
    out = io.BytesIO()
    code = segno.make_qr(address_of(visit.ctx.id, link.public_key), error="m")
    code.save(out, kind="svg", scale=8, border=4, dark="#000", light="#fff")
    response = HttpResponse(out.getvalue(), content_type="image/svg+xml")
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="payment-link-{id}.svg"'
    return response


def _link(visit: Visit, id_: int) -> Link:
    visit.require("view", "payment_link", id_)
    try:
        return find_link(visit.psycopg(), visit.ctx, id_)
    except NoSuchLink as problem:
        raise Http404(str(problem)) from problem


def _snippet(address: str, name: str, brand: Letterhead) -> str:
    """A button for a website. A frame would not do: a page on which money is given is never shown inside another."""
    color = f"background:{brand.brand_color};color:{brand.ink}"
    style = f"display:inline-block;padding:12px 20px;border-radius:6px;{color};text-decoration:none"
    return f'<a href="{escape(address)}" style="{style}">{escape(_("Buy %(name)s") % {"name": name})}</a>'


def _letter(visit: Visit, link: Link, address: str) -> str:
    subject = _("%(name)s: pay online") % {"name": link.name}
    body = _("Hello,\n\nhere you can buy %(name)s:\n%(address)s\n\n%(sender)s") % {
        "name": link.name,
        "address": address,
        "sender": f"{visit.user.name}\n{visit.ctx.name}",
    }
    return f"mailto:?subject={quote(subject)}&body={quote(body)}"
