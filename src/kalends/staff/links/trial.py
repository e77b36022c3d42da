"""Open a payment link in test mode: a copy of it in a sandbox account of the same people, where no real money moves."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from kalends.platform.patience import patiently
from kalends.sales.links import NoSuchLink, find_link
from kalends.sales.trial import open_trial
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.objects import record_address
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


@account_page
def _ask(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002 - the address's word
    visit.require("edit", "payment_link", id)
    return _show(request, visit, id, Form())


@account_action("edit", "payment_link")
def _open(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
    form = Form(request.POST)
    form.is_valid()
    try:
        trial = patiently(
            lambda: open_trial(visit.db, visit.ctx, id, user_id=visit.user.id, actor=visit.who.actor)
        )
    except NoSuchLink as problem:
        raise Http404(str(problem)) from problem
    except Refused as refusal:
        form.refuse(refusal)
        return _show(request, visit, id, form, status=422)
    return moved(request, f"/buy/{trial.account_id}/{trial.public_key}")


test = by_method(get=_ask, post=_open)


def _show(request: HttpRequest, visit: Visit, id_: int, form: Form, *, status: int = 200) -> HttpResponse:
    if visit.ctx.is_sandbox:
        raise Http404("this account is a sandbox itself")
    link = find_link(visit.psycopg(), visit.ctx, id_)
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, "payment_links"),
            "title": _("Open %(name)s in test mode") % {"name": link.name},
            "form": form,
            "back": record_address(visit.ctx.id, "payment_link", id_),
        }
    return dialog(request, "staff/links/test.html", context, status=status)
