"""Actions as JSON: what each kind is called, what it takes, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.values import WrongValue, read_number, read_value
from kalends.events.webhooks.networks import BadUrl, check_url
from kalends.query import Filter
from kalends.workflows.definition import (
    Action,
    Around,
    Assign,
    Branch,
    BranchByValue,
    CallWebhook,
    Case,
    ChangeSegment,
    CreateRecord,
    EnrollElsewhere,
    Given,
    MailContact,
    MailTeam,
    MakeTask,
    Notify,
    Occurrence,
    Part,
    People,
    SetProperty,
    Span,
    Split,
    WaitFor,
    WaitForEvent,
    WaitForHours,
    WaitForTime,
    WaitUntil,
    Way,
)
from kalends.workflows.happenings import events_of
from kalends.workflows.sheet import Sheet
from kalends.workflows.texts import PLACE
from kalends.workflows.writable import (
    creatable_objects,
    is_writable,
    workflow_objects,
    writable_properties,
)

WAYS_MOST, VALUES_MOST, DAYS_MOST = 20, 250, 3650
_MODES = ("set", "copy", "clear", "increment", "now")
_UNITS = {"minutes": 60 * 24 * 365, "hours": 24 * 3650, "days": DAYS_MOST, "weeks": 520}

Common = dict[str, str]


class _Form(NamedTuple):
    """How one kind of action is read, and the keys that it has besides id, do and next."""

    read: Callable[[Sheet, ObjectType, Common], Action]
    keys: frozenset[str]


def read_action(sheet: Sheet, place: str, data: object, obj: ObjectType) -> Action | None:
    """One action; None where its kind is not known."""
    kind = data.get("do") if isinstance(data, Mapping) else None
    form = FORMS.get(str(kind))
    if form is None:
        sheet.wrong(place, data if kind is None else kind, f'Give "do": one of {", ".join(FORMS)}.')
        return None
    inner = sheet.inner(place, data, {"id", "do", "next", *form.keys})
    common = {"id": inner.text("id", most=40), "next": inner.text("next", most=40, needed=False)}
    return form.read(inner, obj, common)


def occurrence(sheet: Sheet, obj: ObjectType) -> Occurrence:
    """Events that count."""
    known = events_of(obj)
    kinds = [str(each) for each in sheet.list("events", most=20)]
    for each in kinds:
        if each not in known:
            sheet.wrong("events", each, f"Give some of {', '.join(known)}.")
    changed = [
        prop for each in sheet.list("changed", most=20) if (prop := sheet.property("changed", obj, each))
    ]
    for prop in changed:
        if not prop.journal_name:
            sheet.wrong(
                "changed", prop.name, "It is worked out when it is read, so its changes are told by none."
            )
    if not kinds and not changed:
        sheet.wrong("events", "nothing", "Give events, or properties whose change counts.")
    return Occurrence(tuple(dict.fromkeys(kinds)), tuple(dict.fromkeys(prop.name for prop in changed)))


def around(sheet: Sheet, obj: ObjectType) -> Around:
    """A time of day around a date that the record has."""
    prop = sheet.property("property", obj)
    if prop is not None and not prop.is_time:
        dates = ", ".join(each.name for each in obj.properties if each.is_time)
        sheet.wrong("property", prop.name, f"Give a date: {dates}.")
    days = sheet.whole("days", -DAYS_MOST, DAYS_MOST, 0)
    return Around(prop.name if prop else "", days, sheet.time("at", "09:00"))


def _people(sheet: Sheet, *, key: str = "to") -> People:
    inner = sheet.inner(key, sheet.body.get(key), {"users", "teams", "owner"})
    found: dict[str, tuple[int, ...]] = {}
    for name, known in (("users", sheet.known.users), ("teams", sheet.known.teams)):
        numbers: list[int] = []
        for each in inner.list(name, most=100):
            number = int(each) if str(each).isdecimal() and len(str(each)) < 19 else 0
            if not number or (known is not None and number not in known):
                inner.wrong(name, each, f"Give numbers of {name} of this account.")
            numbers.append(number)
        found[name] = tuple(dict.fromkeys(numbers))
    people = People(found["users"], found["teams"], inner.flag("owner"))
    if not any(people):
        inner.wrong("", "nobody", "Name users or teams, or say owner.")
    return people


def _notify(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    return Notify(**common, to=_people(sheet), text=sheet.words("text", obj, most=500))


def _mail_team(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    subject, body = sheet.words("subject", obj, most=200), sheet.words("body", obj, most=10_000)
    return MailTeam(**common, to=_people(sheet), subject=subject, body=body)


def _mail_contact(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    if obj.name != "contact" and obj.association("contact") is None:
        sheet.wrong("do", "mail_contact", f"A {obj.name} has no contact to write to.")
    subject, body = sheet.words("subject", obj, most=200), sheet.words("body", obj, most=10_000)
    return MailContact(**common, subject=subject, body=body)


def _set_property(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    mode: Any = sheet.choice("mode", _MODES, "set")
    on, target = sheet.text("on", needed=False), obj
    if on:
        allowed = [each.to for each in obj.associations if each.to in workflow_objects()]
        if on not in allowed:
            sheet.wrong("on", on, f"Give one of {', '.join(allowed)}, or leave it out for the record itself.")
            on = ""
        target = sheet.known.objects(on) if on else obj
    prop = sheet.property("property", target)
    if prop is not None and not is_writable(target, prop):
        can = ", ".join(writable_properties(target)[:12])
        sheet.wrong("property", prop.name, f"A workflow cannot write it. It can write {can} and the like.")
    made = SetProperty(
        **common,
        property=prop.name if prop else "",
        mode=mode,
        value=sheet.text("value", most=65_536, needed=mode in ("set", "increment")),
        source=sheet.text("source", needed=mode == "copy"),
        on=on,
    )
    if prop is not None:
        _check_value(sheet, obj, prop, made)
    return made


def _check_value(sheet: Sheet, obj: ObjectType, prop: Property, made: SetProperty) -> None:
    match made.mode:
        case "increment" if not prop.is_number:
            sheet.wrong("property", prop.name, "Give a number to increment.")
        case "now" if not prop.is_time:
            sheet.wrong("property", prop.name, "Give a date to write the present day or moment into.")
        case "copy" if made.source:
            sheet.property("source", obj)
        case "set" | "increment" if made.value:
            try:
                read_number(made.value) if made.mode == "increment" else read_value(prop, made.value)
            except WrongValue as wrong:
                sheet.wrong("value", wrong.value, wrong.remedy)
        case _:
            pass


def _create_record(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    allowed = creatable_objects(obj)
    to, body = sheet.text("object"), sheet.body.get("properties", {})
    if to not in allowed:
        sheet.wrong(
            "object", to or "nothing", f"Give one of {', '.join(allowed) or 'no object: there is none'}."
        )
        return CreateRecord(**common, object="", given=())
    target = sheet.known.objects(to)
    if not isinstance(body, Mapping):
        sheet.wrong(
            "properties", body, 'Give an object such as {"dealname": "Renewal of {{ record.name }}"}.'
        )
        body = {}
    inner = sheet.inner("properties", body, set(body))
    given = [each for name in body if (each := _given(inner, obj, target, str(name))) is not None]
    names = {each.property for each in given if each.value}
    lacking = [each for each in target.required_at_creation if each not in names]
    if target.one_required_at_creation and not names.intersection(target.one_required_at_creation):
        lacking.append(" or ".join(target.one_required_at_creation))
    for each in lacking:
        inner.wrong(each, "nothing", f"A new {to} needs it.")
    return CreateRecord(**common, object=to, given=tuple(given))


def _given(sheet: Sheet, obj: ObjectType, target: ObjectType, name: str) -> Given | None:
    prop = sheet.property(name, target, name)
    value = sheet.words(name, obj, most=65_536)
    if prop is None:
        return None
    if not is_writable(target, prop):
        sheet.wrong(name, prop.name, "A workflow cannot write it.")
    elif value and not PLACE.search(value):
        try:
            read_value(prop, value)
        except WrongValue as wrong:
            sheet.wrong(name, wrong.value, wrong.remedy)
    return Given(prop.name, value)


def _assign(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    if "hubspot_owner_id" not in obj.by_name:
        sheet.wrong("do", "assign", f"A {obj.name} has no owner.")
    people = _people(sheet)
    if people.owner:
        sheet.wrong("to", "owner", "Name the users or teams whose turn it is.")
    return Assign(**common, to=people, overwrite=sheet.flag("overwrite"))


def _make_task(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    priority: Any = sheet.choice("priority", ("none", "low", "medium", "high"), "none")
    return MakeTask(
        **common,
        subject=sheet.words("subject", obj, most=200),
        body=sheet.words("body", obj, most=10_000, needed=False),
        priority=priority,
        to=_people(sheet) if "to" in sheet.body else People(owner=True),
        due_days=sheet.whole("due_days", 0, DAYS_MOST, 0),
        due_at=sheet.time("due_at", "09:00"),
    )


def _change_segment(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    segment, known = sheet.number("segment"), sheet.known.segments
    if known is not None and known.get(segment) != obj.name:
        sheet.wrong("segment", segment, f"Give the number of a static segment of {obj.plural}.")
    return ChangeSegment(**common, segment=segment, add=sheet.flag("add", default=True))


def _call_webhook(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    url = sheet.text("url", most=2_000)
    try:
        if sheet.known.networks is not None:
            check_url(url, sheet.known.networks)
    except BadUrl as bad:
        sheet.wrong("url", url, str(bad))
    named = [
        each
        for name in sheet.list("properties", most=100)
        if (each := sheet.property("properties", obj, name))
    ]
    return CallWebhook(**common, url=url, properties=tuple(each.name for each in named))


def _enroll(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    workflow, known = sheet.number("workflow"), sheet.known.workflows
    if known is not None and known.get(workflow) != obj.name:
        sheet.wrong("workflow", workflow, f"Give the number of another workflow of {obj.plural}.")
    return EnrollElsewhere(**common, workflow=workflow)


def _branch(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    ways: list[Way] = []
    for number, each in enumerate(sheet.list("ways", most=WAYS_MOST, needed=True), 1):
        inner = sheet.inner(f"way {number}", each, {"name", "filter", "next"})
        name = inner.text("name", most=80, needed=False) or str(number)
        ways.append(Way(name, inner.filter("filter", obj, needed=True) or Filter(), _next(inner)))
    return Branch(**common, ways=tuple(ways))


def _next(sheet: Sheet) -> str:
    return sheet.text("next", most=40, needed=False)


def _branch_by_value(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    prop = sheet.property("property", obj)
    cases: list[Case] = []
    for number, each in enumerate(sheet.list("cases", most=VALUES_MOST, needed=True), 1):
        inner = sheet.inner(f"case {number}", each, {"values", "next"})
        values = tuple(str(value) for value in inner.list("values", most=VALUES_MOST, needed=True))
        cases.append(Case(values, _next(inner)))
    return BranchByValue(**common, by=prop.name if prop else "", cases=tuple(cases))


def _split(sheet: Sheet, obj: ObjectType, common: Common) -> Action:  # noqa: ARG001
    parts: list[Part] = []
    for number, each in enumerate(sheet.list("parts", most=WAYS_MOST, needed=True), 1):
        inner = sheet.inner(f"part {number}", each, {"percent", "next"})
        parts.append(Part(inner.whole("percent", 1, 100), _next(inner)))
    if sum(part.percent for part in parts) != 100:
        sheet.wrong("parts", f"{sum(part.percent for part in parts)} %", "Let them add up to 100 %.")
    return Split(**common, parts=tuple(parts))


def _span(sheet: Sheet) -> Span:
    unit: Any = sheet.choice("unit", tuple(_UNITS))
    return Span(sheet.whole("amount", 1, _UNITS[unit]), unit)


def _wait(sheet: Sheet, obj: ObjectType, common: Common) -> Action:  # noqa: ARG001
    return WaitFor(**common, span=_span(sheet))


def _wait_until(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    if "property" in sheet.body:
        return WaitUntil(id=common["id"], next=common["next"], around=around(sheet, obj))
    day, at = sheet.day("date"), sheet.time("at", "09:00")
    return WaitUntil(id=common["id"], next=common["next"], day=day, at=at)


def _wait_for_time(sheet: Sheet, obj: ObjectType, common: Common) -> Action:  # noqa: ARG001
    return WaitForTime(**common, days=sheet.weekdays("days"), at=sheet.time("at", "09:00"))


def _wait_for_hours(sheet: Sheet, obj: ObjectType, common: Common) -> Action:  # noqa: ARG001
    whole = {"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "16:00"}
    given = {name: sheet.body.get(name, usual) for name, usual in whole.items()}
    window = sheet.inner("", {"hours": given}, {"hours"}).window("hours")
    assert window is not None
    return WaitForHours(**common, window=window)


def _wait_for_event(sheet: Sheet, obj: ObjectType, common: Common) -> Action:
    otherwise = sheet.text("otherwise", most=40, needed=False)
    return WaitForEvent(**common, occurrence=occurrence(sheet, obj), span=_span(sheet), otherwise=otherwise)


def _form(read: Callable[[Sheet, ObjectType, Common], Action], *keys: str) -> _Form:
    return _Form(read, frozenset(keys))


FORMS: Mapping[str, _Form] = {
    "notify": _form(_notify, "to", "text"),
    "mail_team": _form(_mail_team, "to", "subject", "body"),
    "mail_contact": _form(_mail_contact, "subject", "body"),
    "set_property": _form(_set_property, "property", "mode", "value", "source", "on"),
    "create_record": _form(_create_record, "object", "properties"),
    "assign": _form(_assign, "to", "overwrite"),
    "make_task": _form(_make_task, "subject", "body", "priority", "to", "due_days", "due_at"),
    "change_segment": _form(_change_segment, "segment", "add"),
    "call_webhook": _form(_call_webhook, "url", "properties"),
    "enroll": _form(_enroll, "workflow"),
    "branch": _form(_branch, "ways"),
    "branch_by_value": _form(_branch_by_value, "property", "cases"),
    "split": _form(_split, "parts"),
    "wait": _form(_wait, "amount", "unit"),
    "wait_until": _form(_wait_until, "date", "property", "days", "at"),
    "wait_for_time": _form(_wait_for_time, "days", "at"),
    "wait_for_hours": _form(_wait_for_hours, "days", "from", "to"),
    "wait_for_event": _form(_wait_for_event, "events", "changed", "amount", "unit", "otherwise"),
}
"""By the word under which the JSON form has them; the order is a page's."""
