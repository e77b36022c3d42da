"""The dialogs of steps: a new one, what one says, its ways, where it stands, and taking it out."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.staff.reply import dialog
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page
from kalends.staff.workflows import making
from kalends.staff.workflows.desk import STYLES, Desk
from kalends.staff.workflows.drawing import draw, place_names
from kalends.staff.workflows.fields import (
    STEP_FIELDS,
    choice_field,
    initial_of,
    name_field,
    read_part,
    values_field,
)
from kalends.staff.workflows.kinds import GROUPS, KINDS
from kalends.staff.workflows.parts import Link, Part, part_view
from kalends.staff.workflows.problems import Told
from kalends.staff.workflows.words import way_label
from kalends.workflows.reading import Json
from kalends.workflows.shaping import (
    Misshapen,
    Slot,
    forks,
    fresh_id,
    insert,
    lead,
    move,
    places_for,
    read_way,
    remove,
    replace_step,
    slots_of,
    steps_of,
    target,
    ways_of,
)

_KEPT = ("id", "do", "next", "otherwise", "ways", "cases")
_STRUCTURE = ("next", "circle", "ways", "cases", "values")
_WITH_WAYS = ("branch", "branch_by_value")
_NEW_WAY: Mapping[str, Json] = {
    "branch": {"ways": [{"name": "", "filter": {"groups": []}, "next": ""}]},
    "branch_by_value": {"cases": [{"values": [], "next": ""}]},
    "wait_for_event": {"otherwise": ""},
}


def at(desk: Desk, name: str, **words: str) -> str:
    """The address of a part of the workflow."""
    address = reverse(name, args=[desk.visit.ctx.id, desk.stored.id])
    return f"{address}?{urlencode(words)}" if words else address


@require_safe
@account_page
def choose(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """Asks which kind of step comes in a place."""
    desk = Desk.of(visit, workflow_id)
    place = request.GET.get("slot", "start:")
    groups = [
        {
            "label": label,
            "kinds": [
                {"kind": kind, "link": at(desk, "workflow-step-add", slot=place, kind=name)}
                for name, kind in KINDS.items()
                if kind.group == key and _can_have(desk, name)
            ],
        }
        for key, label in GROUPS.items()
    ]
    try:
        is_end = not target(desk.definition, Slot.read(place))
    except Misshapen:
        is_end = False
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "workflows")
    context = {
        **around,
        "title": desk.stored.name,
        "asked": _("Add a step"),
        "styles": STYLES,
        "groups": groups,
        "lead": at(desk, "workflow-lead", slot=place) if is_end and desk.definition.get("actions") else "",
        "back": at(desk, "workflow"),
    }
    return dialog(request, "staff/workflows/kinds.html", context)


def _can_have(desk: Desk, kind: str) -> bool:
    if kind == "mail_contact":
        return desk.object.name == "contact" or desk.object.association("contact") is not None
    if kind == making.KIND:
        return bool(making.offered(desk))
    return kind != "assign" or "hubspot_owner_id" in desk.object.by_name


def _add(desk: Desk, words: QueryDict) -> Part:
    name, slot = str(words["kind"]), Slot.read(str(words["slot"]))
    kind = KINDS[name]
    target(desk.definition, slot)
    fields = STEP_FIELDS[name]

    def write(definition: Json, asked: Mapping[str, Any], _filter: Json) -> Json:
        made = {"id": fresh_id(definition, name), "do": name, **copy.deepcopy(_NEW_WAY.get(name, {}))}
        made |= read_part(fields, asked)
        return insert(definition, slot, {**made, "next": ""})

    return Part(
        title=str(kind.label),
        about=str(kind.about),
        act=_("Add step"),
        names=fields,
        initial={"owner": True}
        if name == "notify"
        else making.beginning(desk)
        if name == making.KIND
        else {},
        hidden={"slot": slot.word, "kind": name},
        write=write,
        mine=_own(fresh_id(desk.definition, name)),
        effects=[_("Its ways stand below it then: say for each whom it is for.")]
        if name in _WITH_WAYS
        else [],
    )


def _own(id_: str) -> Any:
    def mine(problem: Told) -> bool:
        return problem.home == "step" and problem.key == id_ and problem.field not in _STRUCTURE

    return mine


def _step(desk: Desk, words: QueryDict) -> Json:
    step = steps_of(desk.definition).get(words.get("step", ""))
    if step is None:
        raise Misshapen("The step is not there.")
    return step


def _edit(desk: Desk, words: QueryDict) -> Part:
    step = _step(desk, words)
    id_, name = str(step["id"]), str(step["do"])
    fields, piece = STEP_FIELDS[name], draw(desk, desk.definition).steps[id_]

    def write(definition: Json, asked: Mapping[str, Any], _filter: Json) -> Json:
        was = steps_of(definition).get(id_)
        if was is None:
            raise Misshapen(id_)
        made = {key: value for key, value in was.items() if key in _KEPT} | read_part(fields, asked)
        for number, part in enumerate(made.get("parts", ())):
            old = was.get("parts", [])
            part["next"] = old[number].get("next", "") if number < len(old) else ""
        return replace_step(definition, making.with_the_rest(made, was))

    has_ways = name in _WITH_WAYS
    return Part(
        title=_("Step %(number)s, %(label)s") % {"number": piece.number, "label": piece.label},
        about=str(KINDS[name].about),
        act=_("Keep"),
        names=fields,
        initial=initial_of(step),
        hidden={"step": id_},
        write=write,
        mine=_own(id_),
        ways=[
            Link(
                way_label(desk, step, str(number)),
                at(desk, "workflow-way", step=id_, way=str(number)),
                at(desk, "workflow-way-remove", step=id_, way=str(number)),
            )
            for number in range(len(ways_of(step)))
            if has_ways
        ],
        add_way=at(desk, "workflow-way", step=id_, way="new") if has_ways else "",
        move=at(desk, "workflow-step-move", step=id_),
        remove=at(desk, "workflow-step-remove", step=id_),
    )


def _way(desk: Desk, words: QueryDict) -> Part:
    step, way = _step(desk, words), words.get("way", "")
    if step["do"] not in _WITH_WAYS:
        raise Misshapen("The step has no ways of its own.")
    id_, key = str(step["id"]), "ways" if step["do"] == "branch" else "cases"
    was = {} if way == "new" else read_way(step, way)
    count = len(ways_of(step)) + (way == "new")
    by_filter = step["do"] == "branch"
    positions = choice_field(
        _("Asked as number"), [(str(number), str(number + 1)) for number in range(count)]
    )
    first = (
        {"name": name_field()} if by_filter else {"values": values_field(desk, str(step.get("property", "")))}
    )

    def write(definition: Json, asked: Mapping[str, Any], wanted: Json) -> Json:
        changed = copy.deepcopy(steps_of(definition).get(id_))
        if changed is None:
            raise Misshapen(id_)
        ways = changed[key]
        made = {} if way == "new" else ways.pop(int(way)) if int(way) < len(ways) else {}
        said = {"name": asked["name"], "filter": wanted} if by_filter else {"values": _lines(asked["values"])}
        ways.insert(int(asked["position"]), {"next": "", **made, **said})
        return replace_step(definition, changed)

    values = was.get("values", [])
    return Part(
        title=_("Who goes this way?"),
        about=_("Ways are asked in their order; a record goes the first that fits."),
        act=_("Keep"),
        extra={**first, "position": positions},
        initial={
            "name": was.get("name"),
            "values": values if _is_several(first) else "\n".join(values),
            "position": str(count - 1) if way == "new" else way,
        },
        filter=was.get("filter", {"groups": []}) if by_filter else None,
        filter_needed=by_filter,
        hidden={"step": id_, "way": way},
        write=write,
        remove="" if way == "new" or count < 2 else at(desk, "workflow-way-remove", step=id_, way=way),
    )


def _is_several(fields: Mapping[str, Any]) -> bool:
    return hasattr(fields.get("values"), "choices")


def _lines(values: Any) -> list[str]:
    return (
        [each.strip() for each in values.splitlines() if each.strip()]
        if isinstance(values, str)
        else list(values)
    )


def _way_remove(desk: Desk, words: QueryDict) -> Part:
    step, way = _step(desk, words), words.get("way", "")
    read_way(step, way)
    id_, key = str(step["id"]), "ways" if step["do"] == "branch" else "cases"

    def write(definition: Json, _asked: Mapping[str, Any], _filter: Json) -> Json:
        changed = copy.deepcopy(steps_of(definition).get(id_))
        if changed is None:
            raise Misshapen(id_)
        read_way(changed, way)
        del changed[key][int(way)]
        return replace_step(definition, changed)

    return Part(
        title=_("Remove the way “%(way)s”") % {"way": way_label(desk, step, way)},
        act=_("Remove"),
        effects=[_("The steps that only this way leads to are removed with it.")],
        hidden={"step": id_, "way": way},
        write=write,
        takes_away=True,
    )


def _remove(desk: Desk, words: QueryDict) -> Part:
    step = _step(desk, words)
    id_ = str(step["id"])
    piece = draw(desk, desk.definition).steps[id_]
    slots = slots_of(step)
    keeps = [(slot.way, way_label(desk, step, slot.way)) for slot in slots] if forks(step) else []

    def write(definition: Json, asked: Mapping[str, Any], _filter: Json) -> Json:
        return remove(definition, id_, asked.get("keep") or "next")

    return Part(
        title=_("Remove step %(number)s, %(label)s") % {"number": piece.number, "label": piece.label},
        act=_("Remove"),
        extra={"keep": choice_field(_("Go on with the steps of"), keeps)} if keeps else {},
        initial={"keep": slots[-1].way},
        effects=[
            _("The other ways are removed with their steps.") if keeps else _("What follows it moves up.")
        ],
        hidden={"step": id_},
        write=write,
        takes_away=True,
    )


def _move(desk: Desk, words: QueryDict) -> Part:
    step = _step(desk, words)
    id_ = str(step["id"])
    piece = draw(desk, desk.definition).steps[id_]
    places = place_names(desk, desk.definition, places_for(desk.definition, id_))
    with_all = _("It takes all that follows with it, so it can only go where a way ends.")

    def write(definition: Json, asked: Mapping[str, Any], _filter: Json) -> Json:
        return move(definition, id_, Slot.read(asked["place"]))

    return Part(
        title=_("Move step %(number)s, %(label)s") % {"number": piece.number, "label": piece.label},
        act=_("Move"),
        extra={"place": choice_field(_("New place"), places)},
        effects=[with_all] if forks(step) else [],
        hidden={"step": id_},
        write=write,
    )


def _lead(desk: Desk, words: QueryDict) -> Part:
    slot = Slot.read(str(words["slot"]))
    target(desk.definition, slot)
    drawing = draw(desk, desk.definition)
    options = [(id_, piece.name) for id_, piece in drawing.steps.items()]

    def write(definition: Json, asked: Mapping[str, Any], _filter: Json) -> Json:
        return lead(definition, slot, asked["to_step"])

    def circles(problem: Told) -> bool:
        return problem.field == "circle"

    return Part(
        title=_("Go on with a step that is there"),
        about=_("The record goes on there, as often as it comes by; a circle needs a delay in it."),
        act=_("Keep"),
        extra={"to_step": choice_field(_("Step"), options)},
        hidden={"slot": slot.word},
        write=write,
        mine=circles,
    )


def _unlead(desk: Desk, words: QueryDict) -> Part:
    slot = Slot.read(str(words["slot"]))
    target(desk.definition, slot)

    def write(definition: Json, _asked: Mapping[str, Any], _filter: Json) -> Json:
        return lead(definition, slot, "")

    return Part(
        title=_("End here instead of going on"),
        act=_("Remove"),
        hidden={"slot": slot.word},
        write=write,
        takes_away=True,
    )


add = part_view(_add)
edit = part_view(_edit)
way = part_view(_way)
way_remove = part_view(_way_remove)
take_out = part_view(_remove)
move_to = part_view(_move)
lead_to = part_view(_lead)
unlead = part_view(_unlead)
