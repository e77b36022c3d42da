"""The workflows of an account, and the pages of one: its steps, its settings, its versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.catalog import get_object
from kalends.query import compile_count, fetch, parse
from kalends.staff import formatting
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page
from kalends.staff.workflows.desk import Desk
from kalends.staff.workflows.drawing import draw
from kalends.staff.workflows.kinds import RULES, TRIGGERS, count
from kalends.staff.workflows.problems import Told, told
from kalends.staff.workflows.steps import at
from kalends.staff.workflows.words import again_words, filter_sentence, hours_words, trigger_words
from kalends.workflows.drafts import problems_of_draft
from kalends.workflows.flows import Stored, UnknownWorkflow, definition_json, list_workflows
from kalends.workflows.history import Figures, figures, passed, versions
from kalends.workflows.reading import Json
from kalends.workflows.sheet import LIMITS


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All workflows: whether they are on, how many records are and were in them, and what is wrong."""
    visit.require("workflows")
    db = visit.psycopg()
    every = list_workflows(db, visit.ctx)
    known = figures(db, visit.ctx, [each.id for each in every])
    table = Table(
        "workflows",
        _("Workflows"),
        [_("Name"), _("Records"), _("Status"), _("In it now"), _("Enrolled in all"), _("Last change")],
        [_row(visit, each, known[each.id]) for each in every],
        note=_(
            "Workflows tell people, send email, set properties and create records. Money moves only in billing runs."
        ),
        empty=_("No workflows yet. Begin with a template, or from scratch."),
    )
    context = {
        "title": _("Workflows"),
        "table": table,
        "create_link": reverse("workflow-create", args=[visit.ctx.id]),
    }
    return _rendered(request, visit, "index", context)


def _row(visit: Visit, stored: Stored, known: Figures) -> Row:
    tags = [Tag(_("Cannot run"), "bad")] if stored.problem else []
    if known.failed_actions:
        tags.append(Tag(_("Failed lately: %(count)s") % {"count": count(known.failed_actions)}, "warn"))
    where = [visit.ctx.id, stored.id]
    switch = (
        Act(_("Turn off"), reverse("workflow-off", args=where))
        if stored.is_on
        else Act(_("Turn on"), reverse("workflow-on", args=where))
    )
    cells = [
        Cell(stored.name, link=reverse("workflow", args=where), tags=tags),
        Cell(get_object(stored.object).plural_label.in_language(visit.language)),
        Cell("", tags=[Tag(_("On"), "ok") if stored.is_on else Tag(_("Off"))]),
        Cell(count(known.active)),
        Cell(count(known.enrolled)),
        Cell(formatting.instant(stored.updated_at, visit.ctx.time_zone)),
    ]
    return Row(stored.name, cells, [switch])


@require_safe
@account_page
def steps(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """The triggers and the steps as they are drawn, in the draft if there is one."""
    desk = Desk.of(visit, workflow_id)
    definition = desk.definition
    wrong = told(definition, problems_of_draft(visit.psycopg(), visit.ctx, definition))
    counts = {id_: count(number) for id_, number in passed(visit.psycopg(), visit.ctx, workflow_id).items()}
    context = {
        **around(request, desk, "steps"),
        "drawing": draw(desk, definition, wrong, counts),
        "triggers": [
            _trigger(desk, number, each, wrong) for number, each in enumerate(definition.get("triggers", ()))
        ],
        "again": again_words(desk, definition.get("again", "never")),
        "again_link": at(desk, "workflow-rule", rule="again"),
        "add_trigger": at(desk, "workflow-trigger-new"),
        "links": {
            name: at(desk, f"workflow-{name}")
            for name in ("step-new", "step", "step-move", "step-remove", "way", "unlead")
        },
        "elsewhere": [each.text for each in wrong if each.home not in ("step", "trigger")],
    }
    return render(request, "staff/workflows/steps.html", context)


def _trigger(desk: Desk, number: int, trigger: Json, wrong: list[Told]) -> Mapping[str, Any]:
    kind, said = TRIGGERS[str(trigger["on"])], trigger_words(desk, trigger)
    return {
        "label": kind.label,
        "icon": kind.icon,
        "title": said.title,
        "under": said.under,
        "matches": _matching(desk, trigger),
        "problems": [each.text for each in wrong if each.home == "trigger" and each.key == str(number)],
        "edit": at(desk, "workflow-trigger", number=str(number)),
    }


def _matching(desk: Desk, trigger: Json) -> str:
    """How many records pass a filter trigger now."""
    if trigger["on"] != "match" or not trigger.get("filter"):
        return ""
    try:
        wanted = parse(desk.object, trigger["filter"], LIMITS)
    except ValueError:
        return ""
    with desk.visit.cursor() as cursor:
        number = fetch(cursor, compile_count(desk.object, wanted, desk.visit.asking))[0]["count"]
    return _("Match now: %(count)s") % {"count": count(number)}


@require_safe
@account_page
def settings(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """Re-enrollment, suppression, goal, unenrollment and times, in words."""
    desk = Desk.of(visit, workflow_id)
    definition = desk.definition
    wrong = told(definition, problems_of_draft(visit.psycopg(), visit.ctx, definition))
    said = {
        "again": again_words(desk, definition.get("again", "never")),
        "suppress": filter_sentence(desk, definition.get("suppress")) or _("Nobody is kept out."),
        "goal": filter_sentence(desk, definition.get("goal")) or _("No goal."),
        "leave": _leave_words(desk, definition),
        "hours": hours_words(definition["hours"]) if definition.get("hours") else _("At all times."),
    }
    rows = [
        {
            "label": label,
            "text": said[rule],
            "link": at(desk, "workflow-rule", rule=rule),
            "problems": [each.text for each in wrong if each.home == "rule" and each.key == rule],
        }
        for rule, label in RULES.items()
    ]
    return render(
        request, "staff/workflows/settings.html", {**around(request, desk, "settings"), "rules": rows}
    )


def _leave_words(desk: Desk, definition: Json) -> str:
    said = [filter_sentence(desk, definition.get("leave"))]
    if definition.get("leave_when_unmet"):
        said.append(_("It no longer meets the filter trigger"))
    return f"; {_('or')} ".join(each for each in said if each) or _("Records stay until the end.")


@require_safe
@account_page
def history(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """The versions, newest first: who made each, and when."""
    desk = Desk.of(visit, workflow_id)
    rows = [
        Row(
            _("Version %(number)s") % {"number": each.number},
            [
                Cell(
                    _("Version %(number)s") % {"number": each.number},
                    link=reverse("workflow-version", args=[visit.ctx.id, workflow_id, each.number]),
                    tags=[Tag(_("Published"), "ok")] if each.number == desk.stored.version else [],
                ),
                Cell(who(desk, each.actor)),
                Cell(formatting.instant(each.made_at, visit.ctx.time_zone)),
            ],
            []
            if each.number == desk.stored.version
            else [
                Act(
                    _("Take as a draft"),
                    reverse("workflow-restore", args=[visit.ctx.id, workflow_id, each.number]),
                )
            ],
        )
        for each in versions(visit.psycopg(), visit.ctx, workflow_id)
    ]
    table = Table("versions", _("Versions"), [_("Version"), _("Made by"), _("When")], rows)
    return render(
        request, "staff/workflows/table.html", {**around(request, desk, "versions"), "table": table}
    )


@require_safe
@account_page
def version(request: HttpRequest, visit: Visit, workflow_id: int, number: int) -> HttpResponse:
    """One version as it was drawn."""
    desk = Desk.of(visit, workflow_id)
    definition = version_of(desk, number)
    context = {
        **around(request, desk, "versions"),
        "number": number,
        "drawing": draw(desk, definition),
        "triggers": [
            _trigger(desk, at_, each, []) for at_, each in enumerate(definition.get("triggers", ()))
        ],
        "again": again_words(desk, definition.get("again", "never")),
        "is_old": True,
    }
    return render(request, "staff/workflows/steps.html", context)


def version_of(desk: Desk, number: int) -> Json:
    """A version in its JSON form. Raises ``Http404``."""
    try:
        return definition_json(desk.visit.psycopg(), desk.visit.ctx, desk.stored.id, number)
    except UnknownWorkflow as gone:
        raise Http404(str(gone)) from gone


def who(desk: Desk, actor: str) -> str:
    """Who an actor is."""
    kind, _colon, number = actor.partition(":")
    return desk.names.owners.get(number, _("somebody who has left")) if kind == "user" else actor


def around(request: HttpRequest, desk: Desk, tab: str) -> dict[str, Any]:
    """What stands around each page of a workflow: its name and state, what can be done with it, and the tabs."""
    visit, stored = desk.visit, desk.stored
    where = [visit.ctx.id, stored.id]
    known = figures(visit.psycopg(), visit.ctx, [stored.id])[stored.id]
    with visit.cursor() as cursor:
        surroundings = shell(cursor, visit, request, "workflows")
    made = versions(visit.psycopg(), visit.ctx, stored.id)
    draft = desk.draft
    return {
        **surroundings,
        "title": stored.name,
        "stored": stored,
        "plural": desk.object.plural_label.in_language(visit.language),
        "tabs": [
            ("steps", _("Steps"), reverse("workflow", args=where), ""),
            ("settings", _("Settings"), reverse("workflow-settings", args=where), ""),
            ("log", _("Action log"), reverse("workflow-log", args=where), ""),
            (
                "enrollment",
                _("Enrollment"),
                reverse("workflow-enrollment", args=where),
                count(known.enrolled),
            ),
            *(
                [("webhooks", _("Webhooks"), reverse("workflow-webhooks", args=where), "")]
                if any(each["do"] == "call_webhook" for each in desk.definition.get("actions", ()))
                else []
            ),
            ("versions", _("Versions"), reverse("workflow-versions", args=where), count(len(made))),
        ],
        "tab": tab,
        "figures": known,
        "active": count(known.active),
        "draft": draft,
        "draft_text": _draft_words(desk),
        "overtaken": bool(draft) and draft.base != stored.version,
        "test_link": reverse("workflow-test", args=where),
        "publish_link": reverse("workflow-publish", args=where),
        "discard_link": reverse("workflow-discard", args=where),
        "switch_link": reverse("workflow-off" if stored.is_on else "workflow-on", args=where),
        "rename_link": reverse("workflow-rename", args=where),
        "delete_link": reverse("workflow-delete", args=where),
        "clone_link": reverse("workflow-clone", args=where),
    }


def _draft_words(desk: Desk) -> str:
    draft = desk.draft
    if draft is None:
        return ""
    return _("Draft of %(name)s, kept %(when)s") % {
        "name": who(desk, draft.actor),
        "when": formatting.instant(draft.kept_at, desk.visit.ctx.time_zone),
    }


def _rendered(request: HttpRequest, visit: Visit, template: str, context: dict[str, Any]) -> HttpResponse:
    with visit.cursor() as cursor:
        surroundings = shell(cursor, visit, request, "workflows")
    return render(request, f"staff/workflows/{template}.html", {**surroundings, **context})
