"""What is done with an import: rehearsed, run, stopped, undone, and imported subscriptions let go."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.crm.schema import account_object
from kalends.imports import release, runs, sheets, undo
from kalends.imports.guessing import guess
from kalends.imports.plan import Plan, WrongPlan, check
from kalends.imports.runs import Import, ImportRefused
from kalends.imports.sheets import WrongFile
from kalends.platform.clock import system_now
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action
from kalends.staff.imports import words
from kalends.staff.imports.mapping import mapping_context, plan_from
from kalends.staff.imports.pages import ABILITY, file_of, import_page, mapping_page, seen
from kalends.staff.refusals import Refused
from kalends.staff.reply import moved
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.visit import Visit

_KEPT_SHOWN = 5


@account_action(ABILITY)
def plan(request: HttpRequest, visit: ActionVisit, import_id: int) -> HttpResponse:
    """Read the file as the form says: show it so, or rehearse it."""
    one = seen(visit, import_id)
    path = file_of(visit, one)
    problem = ""
    asked = plan_from(one, request.POST, _columns(one, request))
    try:
        if request.POST.get("shown", "") != f"{asked.encoding} {asked.delimiter}" and "shown" in request.POST:
            asked = _guessed_anew(visit, asked, path)
        if request.POST.get("step") == "rehearse":
            check(
                asked,
                account_object(visit.db, visit.ctx, asked.object),
                len(sheets.headings(path, asked.shape)),
            )
            visit.do("import plan", lambda db: _rehearse(db, visit, one, asked))
            return moved(request, reverse("import", args=[visit.ctx.id, one.id]))
    except (WrongPlan, WrongFile) as wrong:
        problem = words.why(wrong)
    except Refused as refusal:
        problem = refusal.message
    context = mapping_context(visit, asked, path)
    return mapping_page(request, visit, one, context, problem=problem, status=422 if problem else 200)


def _guessed_anew(visit: ActionVisit, asked: Plan, path: Path) -> Plan:
    """What the columns probably are, now that the file is read with other letters or into other columns."""
    names, rows = sheets.headings(path, asked.shape), sheets.sample(path, asked.shape)
    obj = account_object(visit.db, visit.ctx, asked.object)
    return guess(visit.db, visit.ctx, obj, asked.shape, names, rows)


def _columns(one: Import, request: HttpRequest) -> int:
    """How many columns the form spoke of; a file is read into others with another delimiter."""
    given = [name for name in request.POST if name.startswith("column-")]
    return len(given) or len(one.plan.targets)


def _rehearse(db: Any, visit: ActionVisit, one: Import, asked: Any) -> None:
    try:
        runs.set_plan(db, visit.ctx, one.id, asked)
        runs.let_begin(db, visit.ctx, one.id, "rehearse")
    except ImportRefused as problem:
        raise Refused(words.why(problem)) from problem


def _begin(what: str) -> Any:
    def work(db: Any, visit: Any, import_id: int) -> None:
        try:
            runs.let_begin(db, visit.ctx, import_id, what)
        except ImportRefused as problem:
            raise Refused(words.why(problem)) from problem

    return work


@account_action(ABILITY)
def run(request: HttpRequest, visit: ActionVisit, import_id: int) -> HttpResponse:
    """Import what was rehearsed."""
    one = seen(visit, import_id)
    try:
        visit.do("import run", lambda db: _begin("run")(db, visit, one.id))
    except Refused as refusal:
        return import_page(request, visit, one, problem=refusal.message)
    return moved(request, reverse("import", args=[visit.ctx.id, one.id]))


@account_action(ABILITY)
def again(request: HttpRequest, visit: ActionVisit, import_id: int) -> HttpResponse:
    """Go back to the columns."""
    one = seen(visit, import_id)

    def work(db: Any) -> None:
        try:
            runs.set_plan(db, visit.ctx, one.id, one.plan)
        except ImportRefused as problem:
            raise Refused(words.why(problem)) from problem

    try:
        visit.do("import again", work)
    except Refused as refusal:
        return import_page(request, visit, one, problem=refusal.message)
    return moved(request, reverse("import", args=[visit.ctx.id, one.id]))


@account_action(ABILITY)
def cancel(request: HttpRequest, visit: ActionVisit, import_id: int) -> HttpResponse:
    """Stop a rehearsal or an import."""
    one = seen(visit, import_id)

    def work(db: Any) -> None:
        try:
            runs.cancel(db, visit.ctx, one.id, now=system_now(), actor=visit.who.actor)
        except ImportRefused as problem:
            raise Refused(words.why(problem)) from problem

    try:
        visit.do("import cancel", work)
    except Refused as refusal:
        return import_page(request, visit, one, problem=refusal.message)
    return moved(request, reverse("import", args=[visit.ctx.id, one.id]), _("Stopped"))


# ---------------------------------------------------------------- undoing


def _to_undo(visit: Visit, import_id: int) -> Import:
    one = seen(visit, import_id)
    if one.status not in ("done", "canceled", "undone"):
        raise Http404(f"import {import_id} is {one.status}")
    return one


def _asked(visit: Visit, form: Any, import_id: int) -> Asked:  # noqa: ARG001
    one = _to_undo(visit, import_id)
    told = undo.consequence(visit.psycopg(), visit.ctx, one)
    effects = [
        ngettext("%(count)s record is archived.", "%(count)s records are archived.", told.archived)
        % {"count": told.archived}
    ]
    if told.restored:
        effects.append(
            ngettext(
                "%(count)s record gets the values back that nobody changed since.",
                "%(count)s records get the values back that nobody changed since.",
                told.restored,
            )
            % {"count": told.restored}
        )
    if told.kept:
        effects.append(
            ngettext("%(count)s record stays.", "%(count)s records stay.", len(told.kept))
            % {"count": len(told.kept)}
        )
        effects += [
            f"{number}: {words.why_kept(reason, visit.language)}"
            for number, reason in told.kept[:_KEPT_SHOWN]
        ]
    return Asked(
        _("Undo the import %(name)s") % {"name": one.name}, _("Undo the import"), effects, takes_away=True
    )


undo_deed = Deed(
    name="undo import",
    page="imports",
    form=of_what_is_there(_to_undo),
    asked=_asked,
    work=lambda db, visit, asked, import_id: _begin("undo")(db, visit, import_id),
    told=lambda asked: _("The import is being undone"),
    back=lambda visit, import_id: reverse("import", args=[visit.ctx.id, import_id]),
)


# ---------------------------------------------------------------- first charges


@account_action("run_billing")
def let_go(request: HttpRequest, visit: ActionVisit, import_id: int) -> HttpResponse:
    """Rehearse the first charges of imported subscriptions, and then let them be billed."""
    one = seen(visit, import_id)
    waiting = release.waiting(visit.db, visit.ctx, one.id)
    actor = visit.who.actor
    if request.POST.get("step") == "release":
        with_result = visit.do(
            "release imported", lambda db: len(_good(release.release(db, visit.ctx, waiting, actor)))
        )
        told = ngettext(
            "%(count)s subscription is billed from now on",
            "%(count)s subscriptions are billed from now on",
            with_result,
        )
        return moved(request, reverse("import", args=[visit.ctx.id, one.id]), told % {"count": with_result})
    charges = release.rehearse_release(visit.db, visit.ctx, waiting, actor)
    good = _good(charges)
    sums: Counter[str] = Counter()
    for each in good:
        sums[each.currency] += each.amount_minor
    days = [each.on for each in good if each.on]
    return import_page(
        request,
        visit,
        one,
        charges=[
            (
                each.name,
                Refused.told_by(each.refusal).message if each.refusal else "",
                formatting.day(each.on) if each.on else "",
                str(formatting.minor(each.amount_minor, each.currency)),
            )
            for each in charges[:100]
        ],
        charge_count=len(good),
        charge_sums=[str(formatting.minor(amount, currency)) for currency, amount in sorted(sums.items())],
        charge_first=formatting.day(min(days)) if days else "",
    )


def _good(charges: list[release.FirstCharge]) -> list[release.FirstCharge]:
    return [each for each in charges if each.refusal is None]
