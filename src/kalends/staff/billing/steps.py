"""Holding billing, letting it go on, and releasing what was put aside."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.billing.hold import REASON_LENGTH_MAX, HoldRefused, find_hold, hold_billing, release_billing
from kalends.billing.parking import NotParked, release
from kalends.billing.release_restored import NotPutBack, release_put_back
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.staff.action import ActionVisit, account_action
from kalends.staff.billing.page import ABILITY, may_run
from kalends.staff.billing.words import parked_remedy, parked_why
from kalends.staff.forms import Form
from kalends.staff.queries import billing as read
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import dialog, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

worded(
    HoldRefused,
    lambda problem: _("Somebody else was quicker: billing stands otherwise already. Load the page."),
)
worded(
    NotPutBack,
    lambda problem: _("Somebody else was quicker: billing stands otherwise already. Load the page."),
)
worded(
    ProcessorUnavailable,
    lambda problem: _("A payment processor gave no answer, so nothing goes on. Try again later."),
)
worded(NotParked, lambda problem: _("This subscription is not put aside any more."))


class HoldForm(Form):
    """Why billing is held."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("For those who wonder later. It stays in the audit log."),
        max_length=REASON_LENGTH_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@account_page
def hold_form(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask before billing is held."""
    may_run(visit)
    return _shown(request, visit, "hold", HoldForm())


@account_action(ABILITY)
def hold(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    """Hold billing."""
    form = HoldForm(request.POST)
    if form.is_valid():
        why = form.cleaned_data["reason"]
        try:
            visit.do(
                "hold billing",
                lambda db: _done(hold_billing(db, visit.ctx, actor=visit.who.actor, reason=why)),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return moved(request, _back(visit), _("Billing is held"))
    return _shown(request, visit, "hold", form, status=422)


@account_page
def go_on_form(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask before billing goes on."""
    may_run(visit)
    return _shown(request, visit, "go_on", Form())


@account_action(ABILITY)
def go_on(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    """Let billing go on."""
    form = Form(request.POST)
    try:
        held = find_hold(visit.db, visit.ctx.id)
        if held is not None and held.put_back:
            _release_put_back(visit)
        else:
            visit.do(
                "release billing", lambda db: _done(release_billing(db, visit.ctx, actor=visit.who.actor))
            )
    except Refused as refusal:
        form.is_valid()
        form.refuse(refusal)
        return _shown(request, visit, "go_on", form, status=422)
    return moved(request, _back(visit), _("Billing goes on"))


def _release_put_back(visit: ActionVisit) -> None:
    """Ask the processors and let the account go on; it may be asked for twice, so it needs no request key."""
    with closing(AccountProcessors(database.connect, visit.ctx.id)) as processors:
        try:
            release_put_back(visit.db, visit.ctx, processors, actor=visit.who.actor)
        except (NotPutBack, ProcessorUnavailable) as problem:
            raise Refused.told_by(problem) from problem


@account_page
def unpark_form(request: HttpRequest, visit: Visit, parked_id: int) -> HttpResponse:
    """Ask before a subscription is released."""
    may_run(visit)
    return _shown(request, visit, "unpark", Form(), parked_id=parked_id)


@account_action(ABILITY)
def unpark(request: HttpRequest, visit: ActionVisit, parked_id: int) -> HttpResponse:
    """Release a subscription; the next run bills it, or puts it aside again."""
    form = Form(request.POST)
    try:
        visit.do("release", lambda db: release(db, visit.ctx, parked_id, actor=visit.who.actor).id)
    except Refused as refusal:
        form.is_valid()
        form.refuse(refusal)
        return _shown(request, visit, "unpark", form, status=422, parked_id=parked_id)
    return moved(request, _back(visit), _("Released: the next run bills it"))


def _done(held: object) -> None:
    """A hold is no JSON, and nobody asks for it."""


def _back(visit: Visit) -> str:
    return reverse("billing", args=[visit.ctx.id])


def _shown(
    request: HttpRequest, visit: Visit, name: str, form: Form, *, status: int = 200, parked_id: int = 0
) -> HttpResponse:
    with visit.cursor() as cursor:
        context: dict[str, Any] = {
            **shell(cursor, visit, request, "billing"),
            "form": form,
            "back": _back(visit),
            "held": find_hold(visit.psycopg(), visit.ctx.id),
            "due": sum(each.late + each.today for each in read.ahead(cursor, visit.ctx)),
        }
        if parked_id:
            found = next((row for row in read.parked(cursor, visit.ctx.id) if row.id == parked_id), None)
            if found is None:
                raise Http404(f"subscription {parked_id} is not parked")
            context |= {"row": found, "why": parked_why(found.code), "remedy": parked_remedy(found.code)}
    return dialog(request, f"staff/billing/{name}.html", context, status=status)
