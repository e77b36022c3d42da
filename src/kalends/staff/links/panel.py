"""Create subscription: the two ways of it, and the panel in which the line item of a payment link is begun."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.staff.create.lines import fresh_row
from kalends.staff.create.sold import LineEditor
from kalends.staff.create.wizard import number
from kalends.staff.reply import dialog, is_htmx
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


@require_safe
@account_page
def choose(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Charge automatically through a payment link, or bill by what the wizard agrees."""
    visit.require("edit", "subscription")
    with visit.cursor() as cursor:
        context: dict[str, Any] = {
            **shell(cursor, visit, request, "subscriptions"),
            "title": _("New subscription"),
            "back": reverse("subscriptions", args=[visit.ctx.id]),
            "by_link": reverse("create-payment-link-line", args=[visit.ctx.id])
            if visit.may("edit", "payment_link")
            else "",
            "by_wizard": reverse("create-subscription", args=[visit.ctx.id]),
        }
    return dialog(request, "staff/links/choose.html", context)


@require_safe
@account_page
def line(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The first line item of a link that is not there yet; Cancel goes on to the editor without it."""
    visit.require("edit", "payment_link")
    values = QueryDict(mutable=True)
    values.update(fresh_row(0))
    editor = LineEditor(visit, values, visit.ctx.currency, buyers=False)
    (row,) = editor.rows
    row.is_valid()
    for name in ("name", "price"):
        row.errors.pop(name, None)
    asked = {
        name: str(number(request.GET.get(name)) or "")
        for name in ("contact", "company", "deal")
        if number(request.GET.get(name))
    }
    context: dict[str, Any] = {
        "row": row,
        "currency": visit.ctx.currency,
        "asked": asked,
        "to": reverse("create-payment-link", args=[visit.ctx.id]),
        "title": _("Line item"),
    }
    if is_htmx(request):
        response = render(request, "staff/links/line.html", context)
        response["HX-Trigger"] = "dialog-close"
        return response
    with visit.cursor() as cursor:
        context = {**shell(cursor, visit, request, "subscriptions"), **context}
    return render(request, "staff/links/line_page.html", context)
