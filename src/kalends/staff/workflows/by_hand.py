"""Testing a workflow with a record, enrolling records by hand (here, from a list, a record), and taking one out."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.dialogs import about
from kalends.staff.index.pages import Listing
from kalends.staff.index.selection import Selection, selected
from kalends.staff.objects import record_address
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.settings.deeds import Asked
from kalends.staff.visit import Visit, account_page
from kalends.staff.workflows.deeds import FlowDeed
from kalends.staff.workflows.desk import Desk, found
from kalends.staff.workflows.drawing import draw
from kalends.staff.workflows.kinds import KINDS, OUTCOME_TONES, OUTCOMES, count
from kalends.staff.workflows.notes import note_words
from kalends.staff.workflows.pages import around
from kalends.staff.workflows.records import choices, names_of, number_of
from kalends.workflows.flows import UnknownWorkflow, find_workflow, list_workflows
from kalends.workflows.services import WorkflowRefused, enroll_by_hand, unenroll
from kalends.workflows.sheet import DefinitionError
from kalends.workflows.trying import Trial, try_out


@account_page
def ask_test(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """Asks with which record."""
    desk = Desk.of(visit, workflow_id)
    context = {**around(request, desk, ""), **choices(desk, request), "trial": None}
    return render(request, "staff/workflows/test.html", context)


@account_action("workflows")
def act_test(request: HttpRequest, visit: ActionVisit, workflow_id: int) -> HttpResponse:
    """Does every step with the record, takes all back, and shows what came of each."""
    desk = Desk.of(visit, workflow_id)
    record = number_of(request.POST.get("record", ""))
    names = names_of(desk, [record] if record is not None else [])
    context: dict[str, Any] = {**around(request, desk, ""), **choices(desk, request)}
    status = 200
    if record is None or record not in names:
        context["refused"], status = _("There is no such record."), 422
    else:
        try:
            draft = desk.draft.definition if desk.draft else None
            trial = try_out(visit.db, visit.ctx, record, workflow_id=workflow_id, definition=draft)
        except (DefinitionError, WorkflowRefused, UnknownWorkflow) as problem:
            context["refused"], status = Refused.told_by(problem).message, 422
        else:
            context |= {"trial": _shown_trial(desk, trial), "tested": names[record], "chosen": record}
    return render(request, "staff/workflows/test.html", context, status=status)


def _shown_trial(desk: Desk, trial: Trial) -> dict[str, Any]:
    pieces = draw(desk, desk.definition).steps
    zone = desk.visit.ctx.time_zone
    return {
        "meets": trial.meets_trigger,
        "kept_out": trial.kept_out,
        "steps": [
            {
                "label": str(KINDS[each.kind].label),
                "icon": KINDS[each.kind].icon,
                "title": pieces[each.action].title if each.action in pieces else "",
                "outcome": str(OUTCOMES[each.outcome]),
                "tone": OUTCOME_TONES[each.outcome],
                "note": note_words(desk, each.note),
                "at": formatting.instant(each.at, zone),
            }
            for each in trial.steps
        ],
    }


@account_page
def ask_enroll(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """Asks which record comes in."""
    desk = Desk.of(visit, workflow_id)
    context = {**around(request, desk, "enrollment"), **choices(desk, request)}
    return render(request, "staff/workflows/enroll.html", context)


@account_action("workflows")
def act_enroll(request: HttpRequest, visit: ActionVisit, workflow_id: int) -> HttpResponse:
    """Lets those that were ticked come in."""
    desk = Desk.of(visit, workflow_id)
    given = [each for word in request.POST.getlist("record") if (each := number_of(word)) is not None]
    records = list(names_of(desk, given[:1000]))
    try:
        if not records:
            raise Refused(_("Choose at least one record."))
        came = visit.do("enroll by hand", lambda db: _enroll(db, visit, workflow_id, records))
    except Refused as refusal:
        context = {
            **around(request, desk, "enrollment"),
            **choices(desk, request),
            "refused": refusal.message,
        }
        return render(request, "staff/workflows/enroll.html", context, status=422)
    to = reverse("workflow-enrollment", args=[visit.ctx.id, workflow_id])
    return moved(request, to, _came_words(came, len(records)))


def _enroll(db: Any, visit: Visit, workflow_id: int, records: list[int]) -> int:
    return len(enroll_by_hand(db, visit.ctx, workflow_id, records, actor=visit.who.actor))


def _came_words(came: int, asked: int) -> str:
    told = ngettext("%(count)s record came in.", "%(count)s records came in.", came) % {"count": count(came)}
    if came == asked:
        return told
    others = _("The others are in it, were in it and may come but once, or are kept out: %(count)s.")
    return f"{told} {others % {'count': count(asked - came)}}"


@account_page
def ask_selection(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """Asks into which workflow the records come that are selected in a list."""
    visit.require("workflows")
    listing = Listing(request, visit, slug)
    with visit.cursor() as cursor:
        chosen = selected(cursor, listing, request.GET, "view")
    return _shown_selection(request, listing, chosen, Form())


def _shown_selection(
    request: HttpRequest, listing: Listing, chosen: Selection, form: Form, *, status: int = 200
) -> HttpResponse:
    visit = listing.visit
    context = {
        **about(request, listing, chosen),
        "form": form,
        "back": _back(request, listing, chosen),
        "of": _of(request),
        "workflows": list_workflows(visit.psycopg(), visit.ctx, object=listing.page.name, only_on=True),
        "given": request.POST.get("workflow_id", ""),
    }
    return dialog(request, "staff/workflows/choose.html", context, status=status)


@account_action("workflows")
def act_selection(request: HttpRequest, visit: ActionVisit, slug: str) -> HttpResponse:
    """Lets them come in."""
    listing = Listing(request, visit, slug)
    form = Form(request.POST)
    form.is_valid()
    with visit.cursor() as cursor:
        chosen = selected(cursor, listing, request.POST, "view")
    try:
        workflow = _chosen_workflow(visit, listing, request.POST.get("workflow_id", ""))
        if not chosen.ids:
            raise Refused(_("No record is selected."))
        if chosen.too_many:
            raise Refused(_("That is too many at once: turn the workflow on with a filter trigger instead."))
        came = visit.do("enroll by hand", lambda db: _enroll(db, visit, workflow, chosen.ids))
    except Refused as refusal:
        form.refuse(refusal)
        return _shown_selection(request, listing, chosen, form, status=422)
    return moved(request, _back(request, listing, chosen), _came_words(came, len(chosen.ids)))


def _of(request: HttpRequest) -> str:
    """Whether it was asked on the record's own page."""
    words = request.POST if request.method == "POST" else request.GET
    return "record" if words.get("of") == "record" else ""


def _back(request: HttpRequest, listing: Listing, chosen: Selection) -> str:
    if _of(request) and len(chosen.ids) == 1:
        return record_address(listing.visit.ctx.id, listing.page.name, chosen.ids[0])
    return listing.here


def _chosen_workflow(visit: Visit, listing: Listing, word: str) -> int:
    number = number_of(word)
    try:
        stored = find_workflow(visit.psycopg(), visit.ctx, number or 0)
    except UnknownWorkflow:
        stored = None
    if stored is None or stored.object != listing.page.name:
        raise Refused(_("Choose a workflow of these records."))
    return stored.id


def _unenroll_form(visit: Visit, data: Any, workflow_id: int, record_id: int) -> Form:
    desk = Desk(visit, found(visit, workflow_id))
    if record_id not in names_of(desk, [record_id]):
        raise Http404("no such record")
    return Form(data)


def _unenroll_asked(visit: Visit, form: Form, workflow_id: int, record_id: int) -> Asked:  # noqa: ARG001
    desk = Desk(visit, found(visit, workflow_id))
    name = names_of(desk, [record_id])[record_id]
    return Asked(
        _("Take %(record)s out of the workflow") % {"record": name},
        _("Take out"),
        [_("What was done stays. No further step is done.")],
        takes_away=True,
    )


def _take_out(db: Any, visit: Visit, asked: dict[str, Any], workflow_id: int, record_id: int) -> int:  # noqa: ARG001
    return unenroll(db, visit.ctx, workflow_id, [record_id], actor=visit.who.actor)


take_out = FlowDeed(
    name="unenroll",
    page="workflows",
    form=_unenroll_form,
    asked=_unenroll_asked,
    work=_take_out,
    told=lambda asked: _("The record is out of the workflow"),
    back=lambda visit, workflow_id, record_id: reverse(
        "workflow-enrollment", args=[visit.ctx.id, workflow_id]
    ),
)
test = by_method(get=ask_test, post=act_test)
enroll = by_method(get=ask_enroll, post=act_enroll)
selection = by_method(get=ask_selection, post=act_selection)
