"""Moving a sandbox's clock: everything due on the way happens, and the page shows where it stands."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.connections import apart
from kalends.accounts.context import AccountContext
from kalends.billing.clock import ClockRefused, advance
from kalends.events.background import BackgroundWork, find, latest
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action
from kalends.staff.background import Report, as_it_is, start
from kalends.staff.forbidden import Forbidden
from kalends.staff.forms import DateField, Form
from kalends.staff.refusals import worded
from kalends.staff.reply import dialog
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

KIND, ABILITY = "clock", "settings"
FARTHEST = relativedelta(years=10)
NOON = time(12)

worded(
    ClockRefused,
    lambda problem: _("The clock cannot be moved now: somebody else moves it, or billing is held."),
)


class ClockForm(Form):
    """The day to which the clock goes; it stands there at noon, after the day's billing."""

    to = DateField(label=gettext_lazy("Move to"))

    def __init__(self, ctx: AccountContext, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.ctx = ctx

    def clean_to(self) -> date:
        day: date = self.cleaned_data["to"]
        if moment_of(day, self.ctx) <= self.ctx.now:
            raise ValidationError(_("The clock only goes forward. Choose a later day."))
        if day > self.ctx.today + FARTHEST:
            raise ValidationError(_("At most ten years at a time."))
        return day


@account_page
def form(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask where to; while the clock is moving, show where it is."""
    _may_move(visit)
    under_way = latest(visit.psycopg(), visit.ctx.id, KIND)
    if under_way is not None and under_way.alive:
        return _standing(request, visit, under_way)
    return _asked(request, visit, ClockForm(visit.ctx))


@account_action(ABILITY)
def move(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    """Let the clock go."""
    _may_move(visit)
    asked = ClockForm(visit.ctx, request.POST)
    under_way = latest(visit.db, visit.ctx.id, KIND)
    if under_way is not None and under_way.alive:
        return _standing(request, visit, under_way)
    if not asked.is_valid():
        return _asked(request, visit, asked, status=422)
    ctx, day = visit.ctx, asked.cleaned_data["to"]
    total = (day - ctx.today).days
    id_ = start(visit, KIND, lambda db, report: _advance(db, ctx, day, report), total=total)
    work = as_it_is(visit.ctx.id, find(visit.db, visit.ctx.id, id_))
    assert work is not None
    return _standing(request, visit, work)


@require_safe
@account_page
def standing(request: HttpRequest, visit: Visit, work_id: int) -> HttpResponse:
    """Where the clock is on its way, and what happened."""
    _may_move(visit)
    work = as_it_is(visit.ctx.id, find(visit.psycopg(), visit.ctx.id, work_id))
    if work is None or work.kind != KIND:
        raise Http404(f"no move {work_id} of the clock")
    return _standing(request, visit, work)


def moment_of(day: date, ctx: AccountContext) -> datetime:
    """Noon of a day in the account's time zone."""
    return datetime.combine(day, NOON, ZoneInfo(ctx.time_zone))


def _may_move(visit: Visit) -> None:
    if not visit.ctx.is_sandbox:
        raise Http404("a live account's clock is the real one")
    if not visit.may(ABILITY):
        raise Forbidden(ABILITY)


def _advance(db: Any, ctx: AccountContext, day: date, report: Report) -> dict[str, Any]:
    processors = AccountProcessors(database.connect, ctx.id)
    try:
        after, result = advance(
            db,
            ctx,
            processors,
            moment_of(day, ctx),
            tick=lambda instant, _result: report((instant.date() - ctx.today).days),
        )
    finally:
        processors.close()
    return {"now": after.now, **result.as_json()}


def _asked(request: HttpRequest, visit: Visit, asked: ClockForm, status: int = 200) -> HttpResponse:
    today = visit.ctx.today
    presets = (
        (_("Tomorrow"), today + timedelta(days=1)),
        (_("In a week"), today + timedelta(days=7)),
        (_("In a month"), today + relativedelta(months=1)),
        (_("In a year"), today + relativedelta(years=1)),
    )
    context = {
        "form": asked,
        "presets": [(label, day.isoformat(), formatting.day(day)) for label, day in presets],
    }
    return _dialog(request, visit, "staff/billing/clock.html", context, status)


def _standing(request: HttpRequest, visit: Visit, work: BackgroundWork) -> HttpResponse:
    with apart(visit.ctx.id) as db:  # the page's own snapshot would show the clock where it stood
        row = db.execute("SELECT clock_at FROM account WHERE id = %s", [visit.ctx.id]).fetchone()
    assert row is not None
    result = work.result or {}
    context = {
        "work": work,
        "percent": min(99, 100 * work.done // work.total) if work.total else 0,
        "stands": formatting.instant(row[0], visit.ctx.time_zone),
        "invoiced": result.get("invoiced", 0),
        "collected": (result.get("charges") or {}).get("succeeded", 0),
        "failed": (result.get("charges") or {}).get("failed", 0),
        "put_aside": result.get("parked", 0),
        "moved": work.ended_at is not None and not work.problem,
    }
    return _dialog(request, visit, "staff/billing/clock_moves.html", context)


def _dialog(
    request: HttpRequest, visit: Visit, template: str, more: dict[str, Any], status: int = 200
) -> HttpResponse:
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, ""),
            "back": reverse("account", args=[visit.ctx.id]),
            **more,
        }
    return dialog(request, template, context, status=status)
