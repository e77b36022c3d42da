"""Webhooks that a workflow sent: what came of each, sending again what was given up, and the secret that signs them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.platform.clock import system_now
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.reply import moved
from kalends.staff.settings.tables import Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page
from kalends.staff.workflows.desk import Desk
from kalends.staff.workflows.pages import around
from kalends.workflows.calls import secret_of, send_again
from kalends.workflows.history import Call, calls

_STATES = {
    "waiting": (gettext_lazy("Waiting"), "warn"),
    "sending": (gettext_lazy("Being sent"), "warn"),
    "delivered": (gettext_lazy("Delivered"), "ok"),
    "failed": (gettext_lazy("Given up"), "bad"),
}


@account_page
def ask(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """The webhooks, newest first."""
    return _shown(request, Desk.of(visit, workflow_id))


@account_action("workflows")
def act(request: HttpRequest, visit: ActionVisit, workflow_id: int) -> HttpResponse:
    """Shows the secret, or sends again what was given up, which is of the whole account."""
    desk = Desk.of(visit, workflow_id)
    if request.POST.get("do") == "secret":
        response = _shown(request, desk, secret=secret_of(visit.db, visit.ctx))
        response["Cache-Control"] = "no-store"
        return response
    visit.do("send webhooks again", lambda db: send_again(db, visit.ctx, system_now()))
    to = reverse("workflow-webhooks", args=[visit.ctx.id, workflow_id])
    return moved(request, to, _("What was given up is sent again"))


def _shown(request: HttpRequest, desk: Desk, secret: str = "") -> HttpResponse:
    visit = desk.visit
    sent = calls(visit.psycopg(), visit.ctx, workflow_id=desk.stored.id)
    context: dict[str, Any] = {
        **around(request, desk, "webhooks"),
        "secret": secret,
        "any_failed": any(each.status == "failed" for each in sent),
        "table": Table(
            "webhooks",
            _("Webhooks"),
            [_("Address"), _("Status"), _("Tries"), _("When")],
            [_row(visit, each) for each in sent],
            note=_("Of the last 90 days, newest first."),
            empty=_("No webhook was sent yet."),
        ),
    }
    return render(request, "staff/workflows/webhooks.html", context)


def _row(visit: Visit, call: Call) -> Row:
    label, tone = _STATES[call.status]
    answer = call.error or (_("Answer %(number)s") % {"number": call.answer} if call.answer else "")
    cells = [
        Cell(call.url),
        Cell("", tags=[Tag(str(label), tone)], under=answer),
        Cell(str(call.tries)),
        Cell(formatting.instant(call.created_at, visit.ctx.time_zone)),
    ]
    return Row(call.url, cells)


page = by_method(get=ask, post=act)
