"""A part of a workflow in a dialog: a step, a trigger, a way out of a branch, a setting; checked, kept in the draft.

Every part is edited the same way: fields, a filter where it has one, and a function that writes both into the
definition. The filter builder's buttons send the form and keep nothing, so that it works with and without script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.filter_rows import Groups, changed, groups_of, normal, read_rows, rows_of
from kalends.staff.index.filters import Asker, groups_context
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.shell import shell
from kalends.staff.visit import View, Visit, account_page
from kalends.staff.workflows.desk import STYLES, Desk
from kalends.staff.workflows.fields import FIELD_OF, Fields, make_form
from kalends.staff.workflows.problems import Told, told
from kalends.workflows.drafts import change_draft, problems_of_draft
from kalends.workflows.reading import Json
from kalends.workflows.shaping import Misshapen

SAVE = "save"
_NOBODYS: Callable[[Told], bool] = lambda problem: False  # noqa: E731 - reads as the value that it is


@dataclass(frozen=True, slots=True)
class Link:
    """A way out of a branch, where it is edited and where it is removed."""

    label: str
    edit: str
    remove: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a workflow. ``write`` puts what a form and a filter say into a definition; ``mine`` knows its problems.

    ``hidden`` is what the address says of which part is meant. ``filter`` is None for a part without one.
    """

    title: str
    write: Callable[[Json, Mapping[str, Any], Json], Json]
    act: str = ""
    about: str = ""
    names: tuple[str, ...] = ()
    extra: Fields = field(default_factory=dict[str, Any])
    initial: Mapping[str, Any] = field(default_factory=dict[str, Any])
    filter: Json | None = None
    filter_note: str = ""
    filter_needed: bool = False
    hidden: Mapping[str, str] = field(default_factory=dict[str, str])
    mine: Callable[[Told], bool] = _NOBODYS
    effects: Sequence[str] = ()
    takes_away: bool = False
    ways: Sequence[Link] = ()
    add_way: str = ""
    remove: str = ""
    move: str = ""
    back: str = "workflow"


Find = Callable[[Desk, QueryDict], Part]


def part_view(find: Find) -> View:
    """The address of a part: its dialog by GET, keeping it by POST. ``find`` raises ``Misshapen`` for what is gone."""

    @account_page
    def ask(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
        desk, part = _found(visit, workflow_id, find, request.GET)
        rows = rows_of(part.filter.get("groups", ())) if part.filter is not None else []
        form = _form(desk, part, None)
        return _shown(request, desk, part, form, rows, None)

    @account_action("workflows")
    def act(request: HttpRequest, visit: ActionVisit, workflow_id: int) -> HttpResponse:
        desk, part = _found(visit, workflow_id, find, request.POST)
        form, rows = _form(desk, part, request.POST), read_rows(request.POST)
        do = request.POST.get("do", SAVE)
        if do != SAVE:
            form.unjudged()
            rows, picking = changed(rows, do)
            return _shown(request, desk, part, form, rows, picking)
        if _keep(visit, desk, part, form, rows):
            return moved(
                request, reverse(part.back, args=[visit.ctx.id, workflow_id]), _("Kept in the draft")
            )
        return _shown(request, desk, part, form, rows, None, status=422)

    return by_method(get=ask, post=act)


def _found(visit: Visit, workflow_id: int, find: Find, words: QueryDict) -> tuple[Desk, Part]:
    desk = Desk.of(visit, workflow_id)
    try:
        return desk, find(desk, words)
    except (Misshapen, KeyError, IndexError, ValueError) as gone:
        raise Http404(str(gone)) from gone


def _form(desk: Desk, part: Part, data: Any) -> Form:
    return make_form(desk, part.names, data, part.initial, part.extra)


def _keep(visit: ActionVisit, desk: Desk, part: Part, form: Form, rows: Groups) -> bool:
    """Whether it was kept; what hinders is told in the form."""
    wanted, incomplete = _filter_of(desk, rows)
    if incomplete and part.filter is not None:
        form.add_error(None, _("A condition has no value that fits yet: give one, or remove the condition."))
    if part.filter_needed and not wanted["groups"]:
        form.add_error(None, _("Give at least one condition: add a filter."))
    if not form.is_valid():
        return False
    asked = form.cleaned_data
    try:
        made = part.write(desk.definition, asked, wanted)
        for problem in told(made, problems_of_draft(visit.db, visit.ctx, made)):
            if part.mine(problem):
                _tell(form, part, problem)
        if form.errors:
            return False

        def work(db: Any) -> None:
            change_draft(
                db,
                visit.ctx,
                desk.stored.id,
                lambda definition: part.write(definition, asked, wanted),
                actor=visit.who.actor,
            )

        visit.do("change workflow", work)
    except Misshapen as gone:
        form.refuse(Refused.told_by(gone))
    except Refused as refusal:
        form.refuse(refusal)
    else:
        return True
    return False


def _tell(form: Form, part: Part, problem: Told) -> None:
    at = problem.field if problem.field in form.fields else FIELD_OF.get(problem.field, "")
    if at in form.fields:
        form.add_error(at, problem.text)
    elif problem.field != "filter" or part.filter is not None:
        form.add_error(None, problem.text)


def _filter_of(desk: Desk, rows: Groups) -> tuple[Json, bool]:
    """The filter that rows mean, and whether one of them is not complete."""
    known = [[row for each in group if (row := normal(desk.object, each))] for group in rows]
    whole = all(groups_of(desk.object, [[row]])[0] for group in known for row in group)
    groups, wrong = groups_of(desk.object, known)
    return {"groups": [list(group) for group in groups]}, bool(wrong) or not whole


def _shown(
    request: HttpRequest,
    desk: Desk,
    part: Part,
    form: Form,
    rows: Groups,
    picking: int | None,
    *,
    status: int = 200,
) -> HttpResponse:
    visit = desk.visit
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "workflows")
    context = {
        **around,
        "title": desk.stored.name,
        "part": part,
        "form": form,
        "hidden": [(word, value) for word, value in part.hidden.items() if value],
        "panel": groups_context(Asker(visit, desk.object, desk.names), rows, picking)
        if part.filter is not None
        else None,
        "back": reverse(part.back, args=[visit.ctx.id, desk.stored.id]),
        "save": SAVE,
        "styles": STYLES,
    }
    return dialog(request, "staff/workflows/part.html", context, status=status)
