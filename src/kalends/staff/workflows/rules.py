"""The dialogs of triggers and of settings: who comes in and how often, who is kept out, who leaves, and when."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.core.digits import whole_number
from kalends.staff.reply import dialog
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page
from kalends.staff.workflows.desk import STYLES, Desk
from kalends.staff.workflows.fields import RULE_FIELDS, TRIGGER_FIELDS, initial_of, read_part
from kalends.staff.workflows.kinds import RULES, TRIGGERS
from kalends.staff.workflows.parts import Part, part_view
from kalends.staff.workflows.problems import Told
from kalends.staff.workflows.steps import at
from kalends.workflows.reading import Json
from kalends.workflows.shaping import Misshapen

_ONLY_IF = gettext_lazy("Only records that pass this come in. Without a condition all do.")
_ABOUT: Mapping[str, Any] = {
    "again": gettext_lazy("Never while it is still in. All steps are done anew."),
    "suppress": gettext_lazy("Whoever passes this does not come in, and leaves if it is in."),
    "goal": gettext_lazy("A record that passes this has reached what the workflow is for, and leaves."),
    "leave": gettext_lazy("A record that passes this leaves before the end."),
    "hours": gettext_lazy("By the clock of the account. Waiting counts on at all times."),
}


@require_safe
@account_page
def choose(request: HttpRequest, visit: Visit, workflow_id: int) -> HttpResponse:
    """Asks which kind of trigger is added."""
    desk = Desk.of(visit, workflow_id)
    taken = {each.get("on") for each in desk.definition.get("triggers", ())}
    kinds = [
        {"kind": kind, "link": at(desk, "workflow-trigger-add", on=name)}
        for name, kind in TRIGGERS.items()
        if not (name == "match" and "match" in taken)
    ]
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "workflows")
    context = {
        **around,
        "title": desk.stored.name,
        "asked": _("Add a trigger"),
        "styles": STYLES,
        "groups": [{"label": "", "kinds": kinds}],
        "back": at(desk, "workflow"),
    }
    return dialog(request, "staff/workflows/kinds.html", context)


def _trigger(on: str, asked: Mapping[str, Any], wanted: Json) -> Json:
    made: Json = {"on": on, **read_part(TRIGGER_FIELDS[on], asked)}
    if wanted["groups"]:
        made["filter"] = wanted
    return made


def _own(index: int) -> Any:
    def mine(problem: Told) -> bool:
        return problem.home == "trigger" and problem.key == str(index)

    return mine


def _add(desk: Desk, words: QueryDict) -> Part:
    on = str(words["on"])
    kind = TRIGGERS[on]

    def write(definition: Json, asked: Mapping[str, Any], wanted: Json) -> Json:
        return {**definition, "triggers": [*definition.get("triggers", ()), _trigger(on, asked, wanted)]}

    return Part(
        title=str(kind.label),
        about=str(kind.about),
        act=_("Add trigger"),
        names=TRIGGER_FIELDS[on],
        filter={"groups": []},
        filter_note="" if on == "match" else str(_ONLY_IF),
        filter_needed=on == "match",
        hidden={"on": on},
        write=write,
        mine=_own(len(desk.definition.get("triggers", ()))),
    )


def _found(desk: Desk, words: QueryDict) -> tuple[int, Json]:
    given, triggers = whole_number(words.get("number", "")), desk.definition.get("triggers", [])
    if given is None or given >= len(triggers):
        raise Misshapen("The trigger is not there.")
    return given, triggers[given]


def _edit(desk: Desk, words: QueryDict) -> Part:
    index, trigger = _found(desk, words)
    on = str(trigger["on"])

    def write(definition: Json, asked: Mapping[str, Any], wanted: Json) -> Json:
        triggers = list(definition.get("triggers", ()))
        if index >= len(triggers):
            raise Misshapen("The trigger is not there.")
        triggers[index] = _trigger(on, asked, wanted)
        return {**definition, "triggers": triggers}

    return Part(
        title=str(TRIGGERS[on].label),
        about=str(TRIGGERS[on].about),
        act=_("Keep"),
        names=TRIGGER_FIELDS[on],
        initial=initial_of(trigger),
        filter=trigger.get("filter") or {"groups": []},
        filter_note="" if on == "match" else str(_ONLY_IF),
        filter_needed=on == "match",
        hidden={"number": str(index)},
        write=write,
        mine=_own(index),
        remove=at(desk, "workflow-trigger-remove", number=str(index)),
    )


def _remove(desk: Desk, words: QueryDict) -> Part:
    index, trigger = _found(desk, words)

    def write(definition: Json, _asked: Mapping[str, Any], _filter: Json) -> Json:
        kept = [each for number, each in enumerate(definition.get("triggers", ())) if number != index]
        changed = {**definition, "triggers": kept}
        if trigger["on"] == "match":
            changed.pop("leave_when_unmet", None)
        return changed

    return Part(
        title=_("Remove the trigger “%(trigger)s”") % {"trigger": TRIGGERS[str(trigger["on"])].label},
        act=_("Remove"),
        effects=[_("Without triggers records come in by hand, or by another workflow, only.")],
        hidden={"number": str(index)},
        write=write,
        takes_away=True,
    )


def _rule(desk: Desk, words: QueryDict) -> Part:
    rule = str(words["rule"])
    definition = desk.definition
    names = RULE_FIELDS[rule]
    if rule == "leave" and not any(each.get("on") == "match" for each in definition.get("triggers", ())):
        names = ()
    has_filter = rule in ("suppress", "goal", "leave")

    def mine(problem: Told) -> bool:
        return problem.home == "rule" and problem.key == rule

    return Part(
        title=str(RULES[rule]),
        about=str(_ABOUT[rule]),
        act=_("Keep"),
        names=names,
        initial=_initial(rule, definition),
        filter=(definition.get(rule) or {"groups": []}) if has_filter else None,
        hidden={"rule": rule},
        write=lambda was, asked, wanted: _ruled(was, rule, asked, wanted),
        mine=mine,
        back="workflow-settings",
    )


def _initial(rule: str, definition: Json) -> Mapping[str, Any]:
    if rule == "again":
        again = definition.get("again", "never")
        if isinstance(again, Mapping):
            return {"again": "each_value", "each_value_of": again.get("each_value_of")}
        return {"again": again}
    if rule == "hours":
        hours = definition.get("hours") or {}
        return {**initial_of(hours), "limited": bool(hours)}
    return {"leave_when_unmet": definition.get("leave_when_unmet")}


def _ruled(was: Json, rule: str, asked: Mapping[str, Any], wanted: Json) -> Json:
    changed = copy.deepcopy(was)
    changed.pop(rule, None)
    if rule == "again":
        again = asked["again"]
        changed["again"] = {"each_value_of": asked["each_value_of"]} if again == "each_value" else again
    elif rule == "hours":
        if asked["limited"]:
            changed["hours"] = read_part(("weekdays", "from", "to"), asked)
    elif wanted["groups"]:
        changed[rule] = wanted
    if rule == "leave":
        changed.pop("leave_when_unmet", None)
        if asked.get("leave_when_unmet"):
            changed["leave_when_unmet"] = True
    return changed


add = part_view(_add)
edit = part_view(_edit)
take_out = part_view(_remove)
rule = part_view(_rule)
