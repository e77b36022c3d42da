"""Workflows in the shape of HubSpot's automation API (v4), both ways.

Actions that HubSpot has a number for are told by it (``0-5`` writes a property); the others are of the type
``kalends-`` and the word of our own form, with our own fields. A filter is a tree of branches, as in lists. Triggers
that HubSpot's criteria have no shape for are told in our own form, under the type ``KALENDS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

from kalends.catalog.model import ObjectType
from kalends.query import FilterError, Problem, parse, to_json
from kalends.query.hubspot_lists import from_filter_branch, to_filter_branch
from kalends.workflows.reading_actions import FORMS
from kalends.workflows.sheet import LIMITS, DefinitionError

Json = dict[str, Any]
OURS = "kalends-"
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_FILTERS = {
    "suppress": "suppressionFilterBranch",
    "goal": "goalFilterBranch",
    "leave": "unEnrollmentFilterBranch",
}
_IDS: Mapping[str, str] = MappingProxyType(
    {
        "wait": "0-1",
        "make_task": "0-3",
        "mail_contact": "0-4",
        "set_property": "0-5",
        "mail_team": "0-8",
        "notify": "0-9",
        "assign": "0-11",
        "enroll": "0-15",
        "wait_until": "0-35",
    }
)
_ADD, _REMOVE = "0-63809083", "0-63863438"
_RENAMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "wait": {"amount": "delta", "unit": "time_unit"},
        "enroll": {"workflow": "flow_id"},
        "set_property": {"property": "property_name", "on": "target_object"},
        "notify": {"text": "body"},
        "assign": {"overwrite": "overwrite_current_owner"},
    }
)
_MODES = {"copy": "OBJECT_PROPERTY", "increment": "INCREMENT", "now": "TIMESTAMP"}


# ---------------------------------------------------------------- out


def to_criteria(obj: ObjectType, made: Mapping[str, Any]) -> Json:
    """Who comes in, in HubSpot's shape."""
    triggers, again = made.get("triggers", []), made.get("again", "never")
    shared: Json = {"shouldReEnroll": again != "never"}
    if isinstance(again, Mapping):
        shared["reEnrollOnEachValueOf"] = cast("Json", again)["each_value_of"]
    if not triggers:
        return {"type": "MANUAL", **shared}
    if len(triggers) == 1 and triggers[0]["on"] == "match":
        return {
            "type": "LIST_BASED",
            **shared,
            "listFilterBranch": _branch(obj, triggers[0]["filter"]),
            "unEnrollObjectsNotMeetingCriteria": made.get("leave_when_unmet", False),
        }
    return {"type": "KALENDS", **shared, "triggers": triggers}


def to_settings(obj: ObjectType, made: Mapping[str, Any]) -> Json:
    """What else a workflow has: filters by which records leave, and the hours in which its actions are done."""
    told: Json = {name: _branch(obj, made[key]) for key, name in _FILTERS.items() if made.get(key)}
    hours = made.get("hours")
    told["timeWindows"] = []
    if hours:
        begins, ends = (_clock(hours.get(key, usual)) for key, usual in (("from", "08:00"), ("to", "16:00")))
        days = hours.get("days") or range(1, 8)
        told["timeWindows"] = [
            {"day": _DAYS[day - 1], "startTime": begins, "endTime": ends} for day in sorted(days)
        ]
    return told


def to_action(obj: ObjectType, action: Mapping[str, Any]) -> Json:
    """An action in HubSpot's shape."""
    kind, id_ = str(action["do"]), str(action["id"])
    if kind == "branch":
        ways = [
            {
                "branchName": way.get("name", ""),
                "filterBranch": _branch(obj, way["filter"]),
                "connection": _to(way.get("next")),
            }
            for way in action["ways"]
        ]
        default = {"defaultBranch": _to(action.get("next"))}
        return {"actionId": id_, "type": "LIST_BRANCH", "listBranches": ways, **default}
    if kind == "branch_by_value":
        ways = [
            {"branchValue": value, "connection": _to(case.get("next"))}
            for case in action["cases"]
            for value in case["values"]
        ]
        asked = {"type": "OBJECT_PROPERTY", "propertyName": action["property"]}
        default = {"defaultBranch": _to(action.get("next"))}
        return {
            "actionId": id_,
            "type": "STATIC_BRANCH",
            "inputValue": asked,
            "staticBranches": ways,
            **default,
        }
    given = {key: value for key, value in action.items() if key not in ("id", "do", "next")}
    type_id, fields = _fields(kind, given)
    shared: Json = {"actionId": id_, "actionTypeVersion": 0, "actionTypeId": type_id}
    return {**shared, "type": "SINGLE_CONNECTION", "connection": _to(action.get("next")), "fields": fields}


def _fields(kind: str, given: Json) -> tuple[str, Json]:
    if kind == "change_segment":
        return (_ADD if given.get("add", True) else _REMOVE), {"listId": str(given["segment"])}
    if kind not in _IDS:
        return f"{OURS}{kind}", given
    if kind == "set_property":
        value = {"type": _MODES.get(given.get("mode", "set"), "STATIC_VALUE")}
        told = {
            "copy": {"propertyName": given.get("source")},
            "increment": {"incrementAmount": given.get("value")},
        }
        shown = {"staticValue": given.get("value", "")} if value["type"] == "STATIC_VALUE" else {}
        value |= told.get(str(given.get("mode")), shown)
        given = {key: each for key, each in given.items() if key in ("property", "on")} | {"value": value}
    if kind == "wait":
        given = {"amount": str(given["amount"]), "unit": given["unit"].upper()}
    if "to" in given:
        to = given.pop("to")
        people = {
            "user_ids": to.get("users", []),
            "team_ids": to.get("teams", []),
            "owner": to.get("owner", False),
        }
        given |= {
            name: [str(each) for each in ids] if name != "owner" else ids for name, ids in people.items()
        }
    names = _RENAMED.get(kind, {})
    return _IDS[kind], {names.get(key, key): value for key, value in given.items()}


def _branch(obj: ObjectType, data: object) -> Json:
    return to_filter_branch(obj, parse(obj, data, LIMITS))


def _to(following: object) -> Json | None:
    return {"edgeType": "STANDARD", "nextActionId": str(following)} if following else None


def _clock(text: str) -> Json:
    hour, _, minute = text.partition(":")
    return {"hour": int(hour), "minute": int(minute)}


# ---------------------------------------------------------------- in


def from_flow(obj: ObjectType, body: Mapping[str, Any]) -> Json:
    """The definition that a workflow in HubSpot's shape means, to be checked as any other.

    Raises :class:`~kalends.workflows.sheet.DefinitionError` for what cannot be read as one.
    """
    try:
        return _flow(obj, body)
    except FilterError as error:
        raise DefinitionError(error.problems) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as wrong:
        told = str(wrong)[:80] or type(wrong).__name__
        remedy = "A part of the workflow has another shape than HubSpot's; see docs/api.md, Workflows."
        raise DefinitionError([Problem("workflow", told, remedy)]) from wrong


def _flow(obj: ObjectType, body: Mapping[str, Any]) -> Json:
    criteria = body.get("enrollmentCriteria") or {"type": "MANUAL"}
    made: Json = {
        "object": obj.name,
        "start": str(body.get("startActionId") or ""),
        "actions": [_action(obj, each) for each in body.get("actions") or []],
        "triggers": _triggers(obj, criteria),
        "again": "always" if criteria.get("shouldReEnroll") else "never",
    }
    if criteria.get("reEnrollOnEachValueOf"):
        made["again"] = {"each_value_of": str(criteria["reEnrollOnEachValueOf"])}
    if criteria.get("unEnrollObjectsNotMeetingCriteria"):
        made["leave_when_unmet"] = True
    for key, name in _FILTERS.items():
        if body.get(name):
            made[key] = _filter(obj, body[name])
    windows = body.get("timeWindows") or []
    if windows:
        made["hours"] = _hours(windows)
    return made


def _triggers(obj: ObjectType, criteria: Mapping[str, Any]) -> list[Any]:
    match criteria.get("type"):
        case "MANUAL":
            return []
        case "LIST_BASED":
            return [{"on": "match", "filter": _filter(obj, criteria.get("listFilterBranch"))}]
        case "KALENDS":
            return list(criteria.get("triggers") or [])
        case other:
            remedy = "Give LIST_BASED, MANUAL, or KALENDS with triggers."
            raise DefinitionError([Problem("enrollmentCriteria, type", str(other)[:80], remedy)])


def _filter(obj: ObjectType, branch: object) -> Json:
    return to_json(obj, from_filter_branch(obj, branch, LIMITS))


def _hours(windows: list[Mapping[str, Any]]) -> Json:
    times = {(_time(each["startTime"]), _time(each["endTime"])) for each in windows}
    if len(times) != 1:
        raise DefinitionError(
            [Problem("timeWindows", f"{len(times)} of them", "Give the same hours for each day.")]
        )
    begins, ends = times.pop()
    return {"days": sorted(_DAYS.index(each["day"]) + 1 for each in windows), "from": begins, "to": ends}


def _time(clock: Mapping[str, Any]) -> str:
    return f"{int(clock['hour']):02d}:{int(clock['minute']):02d}"


def _next(connection: object) -> str:
    return str(cast("Json", connection)["nextActionId"]) if connection else ""


def _action(obj: ObjectType, given: Mapping[str, Any]) -> Json:
    id_ = str(given["actionId"])
    match given.get("type", "SINGLE_CONNECTION"):
        case "LIST_BRANCH":
            ways = [
                {
                    "name": str(way.get("branchName") or number),
                    "filter": _filter(obj, way["filterBranch"]),
                    "next": _next(way.get("connection")),
                }
                for number, way in enumerate(given["listBranches"], 1)
            ]
            return {"id": id_, "do": "branch", "ways": ways, "next": _next(given.get("defaultBranch"))}
        case "STATIC_BRANCH":
            cases = [
                {"values": [str(way["branchValue"])], "next": _next(way.get("connection"))}
                for way in given["staticBranches"]
            ]
            by = given["inputValue"]["propertyName"]
            shared: Json = {"property": by, "cases": cases, "next": _next(given.get("defaultBranch"))}
            return {"id": id_, "do": "branch_by_value", **shared}
        case _:
            kind, fields = _read(str(given["actionTypeId"]), dict(given.get("fields") or {}))
            return {"id": id_, "do": kind, **fields, "next": _next(given.get("connection"))}


def _read(type_id: str, fields: Json) -> tuple[str, Json]:
    """The word of our own form for an action's number, and its fields."""
    if type_id.startswith(OURS):
        return type_id.removeprefix(OURS), fields
    if type_id in (_ADD, _REMOVE):
        return "change_segment", {"segment": int(fields["listId"]), "add": type_id == _ADD}
    kind = next((name for name, number in _IDS.items() if number == type_id), type_id)
    back = {theirs: ours for ours, theirs in _RENAMED.get(kind, {}).items()}
    read = {back.get(key, key): value for key, value in fields.items()}
    change: Callable[[Json], Json] = {"set_property": _value, "wait": _span}.get(kind, dict)
    read = change(read)
    if {"user_ids", "team_ids", "owner"} & set(read):
        to = {"users": _numbers(read.pop("user_ids", [])), "teams": _numbers(read.pop("team_ids", []))}
        read["to"] = {**to, "owner": bool(read.pop("owner", False))}
    return kind, read


def _numbers(given: list[Any]) -> list[int]:
    return [int(each) for each in given]


def _span(read: Json) -> Json:
    return {**read, "amount": int(read["amount"]), "unit": str(read["unit"]).lower()}


def _value(read: Json) -> Json:
    value = cast("Json", read.pop("value"))
    match value["type"]:
        case "OBJECT_PROPERTY":
            return {**read, "mode": "copy", "source": value["propertyName"]}
        case "INCREMENT":
            return {**read, "mode": "increment", "value": str(value["incrementAmount"])}
        case "TIMESTAMP":
            return {**read, "mode": "now"}
        case _:
            text = str(value.get("staticValue") or "")
            return {**read, "mode": "set", "value": text} if text else {**read, "mode": "clear"}


def next_id(made: Mapping[str, Any]) -> str:
    """A number that no action has yet."""
    numbers = [int(each["id"]) for each in made.get("actions", []) if str(each["id"]).isdecimal()]
    return str(max(numbers, default=0) + 1)


assert set(_IDS) < set(FORMS), "every number is of an action that there is"
