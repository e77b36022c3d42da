"""Definitions as JSON: how they are kept, sent and written by hand; and every mistake in one, told at once.

.. code-block:: json

    {"object": "subscription",
     "triggers": [{"on": "date", "property": "hs_next_payment_due_date", "days": -3, "at": "09:00"}],
     "again": {"each_value_of": "hs_next_payment_due_date"},
     "start": "tell",
     "actions": [{"id": "tell", "do": "notify", "to": {"owner": true}, "text": "{{ record.name }} is due soon."}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kalends.catalog.model import ObjectType
from kalends.core.timetable import Every, Rhythm
from kalends.query import Filter, Problem
from kalends.workflows import reading_actions
from kalends.workflows.definition import (
    Action,
    Again,
    Definition,
    OnDate,
    OnEvent,
    OnMatch,
    OnSchedule,
    Trigger,
)
from kalends.workflows.graph import problems_of
from kalends.workflows.sheet import DefinitionError, Known, Sheet
from kalends.workflows.writable import workflow_objects

ACTIONS_MOST, TRIGGERS_MOST = 500, 10
_KEYS = frozenset(
    {
        "object",
        "triggers",
        "actions",
        "start",
        "again",
        "suppress",
        "goal",
        "leave",
        "leave_when_unmet",
        "hours",
    }
)
_TRIGGERS = {
    "match": {"on", "filter"},
    "event": {"on", "events", "changed", "filter"},
    "schedule": {"on", "every", "day", "at", "filter"},
    "date": {"on", "property", "days", "at", "filter"},
}


def read_definition(data: object, known: Known) -> Definition:
    """The definition that JSON means. Raises :class:`DefinitionError` with all mistakes."""
    problems: list[Problem] = []
    sheet = Sheet(problems, known, "workflow", data, _KEYS)
    name = sheet.choice("object", workflow_objects())
    obj = known.objects(name)
    triggers = tuple(
        found
        for number, each in enumerate(sheet.list("triggers", most=TRIGGERS_MOST), 1)
        if (found := _trigger(sheet, f"trigger {number}", each, obj)) is not None
    )
    actions = _actions(sheet, obj)
    made = Definition(
        object=name,
        triggers=triggers,
        actions=actions,
        start=sheet.text("start", needed=bool(actions)),
        again=_again(sheet, obj),
        suppress=sheet.filter("suppress", obj),
        goal=sheet.filter("goal", obj),
        leave=sheet.filter("leave", obj),
        leave_when_unmet=sheet.flag("leave_when_unmet"),
        hours=sheet.window("hours"),
    )
    _check(sheet, made)
    if problems:
        raise DefinitionError(problems)
    return made


def _check(sheet: Sheet, made: Definition) -> None:
    """What holds for a definition as a whole."""
    if sum(isinstance(each, OnMatch) for each in made.triggers) > 1:
        sheet.wrong("triggers", "two filters", "Join them into one: a filter has groups joined by OR.")
    if made.leave_when_unmet and made.matching is None:
        sheet.wrong("leave_when_unmet", "true", "Only who came in by a filter trigger can leave so; add one.")
    for key in ("suppress", "goal", "leave"):
        found: Filter | None = getattr(made, key)
        if found is not None and not found.groups:
            sheet.wrong(key, "no conditions", "Every record would pass; give a condition, or leave it out.")
    sheet.problems.extend(problems_of(made))


def _again(sheet: Sheet, obj: ObjectType) -> Again:
    given = sheet.body.get("again", "never")
    if isinstance(given, Mapping):
        inner = sheet.inner("again", given, {"each_value_of"})
        prop = inner.property("each_value_of", obj)
        return Again("each_value", prop.name if prop else "")
    return Again(sheet.choice("again", ("never", "always"), "never"))  # type: ignore[arg-type]


def _trigger(sheet: Sheet, place: str, data: object, obj: ObjectType) -> Trigger | None:
    kind = data.get("on") if isinstance(data, Mapping) else None
    if not isinstance(kind, str) or kind not in _TRIGGERS:
        sheet.wrong(place, data if kind is None else kind, f'Give "on": one of {", ".join(_TRIGGERS)}.')
        return None
    inner = sheet.inner(place, data, _TRIGGERS[kind])
    match kind:
        case "match":
            found = inner.filter("filter", obj, needed=True)
            return OnMatch(found or Filter())
        case "event":
            occurrence = reading_actions.occurrence(inner, obj)
            return OnEvent(occurrence, inner.filter("filter", obj) or Filter())
        case "schedule":
            return OnSchedule(_rhythm(inner), inner.filter("filter", obj) or Filter())
        case _:
            return OnDate(reading_actions.around(inner, obj), inner.filter("filter", obj) or Filter())


def _rhythm(sheet: Sheet) -> Rhythm:
    every: Every = sheet.choice("every", ("day", "week", "month"))  # type: ignore[assignment]
    on = 1 if every == "day" else sheet.whole("day", 1, 7 if every == "week" else 31)
    return Rhythm(every, sheet.time("at", "09:00"), on)


def _actions(sheet: Sheet, obj: ObjectType) -> dict[str, Action]:
    actions: dict[str, Action] = {}
    for number, each in enumerate(sheet.list("actions", most=ACTIONS_MOST), 1):
        found = reading_actions.read_action(sheet, f"action {number}", each, obj)
        if found is None:
            continue
        if found.id in actions:
            sheet.wrong(f"action {number}, id", found.id, "Give each action an id of its own.")
        actions[found.id] = found
    return actions


Json = dict[str, Any]
"""A definition as it is kept."""
