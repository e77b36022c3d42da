"""The fields of steps, triggers and settings: made for a workflow, filled from its JSON form, and read back into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from kalends.staff.forms import DateField, Form
from kalends.staff.index.toolbar import option_labels
from kalends.staff.workflows import making
from kalends.staff.workflows.desk import Desk
from kalends.staff.workflows.kinds import MODES, PRIORITIES, UNITS
from kalends.staff.workflows.words import day_names
from kalends.workflows.reading import Json

STEP_FIELDS: Mapping[str, tuple[str, ...]] = {
    "notify": ("owner", "users", "teams", "text"),
    "mail_team": ("owner", "users", "teams", "subject", "body"),
    "mail_contact": ("subject", "body"),
    "make_task": ("subject", "details", "priority", "owner", "users", "teams", "due_days", "due_at"),
    "set_property": ("written", "mode", "value", "source"),
    making.KIND: making.FIELDS,
    "assign": ("users", "teams", "overwrite"),
    "change_segment": ("add", "segment"),
    "call_webhook": ("url", "properties"),
    "enroll": ("workflow",),
    "branch": (),
    "branch_by_value": ("property",),
    "split": ("shares",),
    "wait": ("amount", "unit"),
    "wait_until": ("when", "date", "around", "days", "side", "at"),
    "wait_for_time": ("at", "weekdays"),
    "wait_for_hours": ("weekdays", "from", "to"),
    "wait_for_event": ("events", "changed", "amount", "unit"),
}
TRIGGER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "match": (),
    "event": ("events", "changed"),
    "schedule": ("every", "weekday", "month_day", "at"),
    "date": ("around", "days", "side", "at"),
}
RULE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "again": ("again", "each_value_of"),
    "suppress": (),
    "goal": (),
    "leave": ("leave_when_unmet",),
    "hours": ("limited", "weekdays", "from", "to"),
}
FIELD_OF = {
    "to": "users",
    "property": "around",
    "parts": "shares",
    "percent": "shares",
    "body": "details",
    "days": "weekdays",
    "properties": "made",
    "object": "made",
}
"""By which other field a problem is shown, where the form has none of its name."""

Fields = dict[str, forms.Field]
_LONG = {"rows": 3}


def _several(label: str, options: Any, **more: Any) -> forms.Field:
    return forms.MultipleChoiceField(
        label=label, choices=options, required=False, widget=forms.CheckboxSelectMultiple, **more
    )


def _many(label: str, options: Any) -> forms.Field:
    return forms.MultipleChoiceField(
        label=label,
        choices=options,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Several: hold Ctrl or Cmd while you choose."),
    )


def _one(label: str, options: Any, *, required: bool = True, **more: Any) -> forms.Field:
    return forms.ChoiceField(label=label, choices=list(options), required=required, **more)


def _choose(label: str, options: Any, *, required: bool = True) -> forms.Field:
    return _one(label, [("", _("Choose")), *options], required=required)


def _time(label: str, initial: str = "09:00") -> forms.Field:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, widget=widget, initial=initial, input_formats=["%H:%M", "%H:%M:%S"])


def _whole(label: str, least: int, most: int, initial: int) -> forms.Field:
    return forms.IntegerField(label=label, min_value=least, max_value=most, initial=initial)


def _words(
    label: str, most: int, help_text: str = "", *, long: bool = True, required: bool = True
) -> forms.Field:
    widget = forms.Textarea(attrs=_LONG) if long else forms.TextInput()
    return forms.CharField(
        label=label, max_length=most, required=required, widget=widget, help_text=help_text
    )


def placeholders(desk: Desk) -> str:
    """The placeholders that a text of these records may have, most wanted first."""
    shown = [
        name for name in ("hs_name", "hs_status", "hs_next_payment_due_date") if name in desk.object.by_name
    ]
    contact = ["contact.firstname"] if desk.object.association("contact") else []
    names = ["record.name", "record.link", *shown, *contact]
    listed = ", ".join(f"{{{{ {each} }}}}" for each in names)
    return _("Placeholders: %(names)s, and any property by its internal name.") % {"names": listed}


def _makers(desk: Desk) -> Mapping[str, Callable[[], forms.Field]]:
    help_text = placeholders(desk)
    return {
        "owner": lambda: forms.BooleanField(label=_("The owner of the record"), required=False),
        "users": lambda: _several(_("Users"), sorted(desk.names.owners.items(), key=lambda each: each[1])),
        "teams": lambda: _several(_("Teams"), sorted(desk.names.teams.items(), key=lambda each: each[1])),
        "text": lambda: _words(_("Text"), 500, help_text),
        "subject": lambda: _words(_("Subject"), 200, long=False),
        "body": lambda: _words(_("Text"), 10_000, help_text),
        "details": lambda: _words(_("Text"), 10_000, help_text, required=False),
        "priority": lambda: _one(_("Priority"), PRIORITIES.items(), initial="none"),
        "due_days": lambda: _whole(_("Due after this many days"), 0, 3650, 0),
        "due_at": lambda: _time(_("Due at")),
        "written": lambda: _choose(_("Property"), desk.writable),
        "mode": lambda: _one(_("What is done"), MODES.items(), initial="set"),
        "value": lambda: _words(
            _("Value"),
            65_536,
            _("As the property has it: a date as 2026-03-01, a choice by its internal name."),
            long=False,
            required=False,
        ),
        "source": lambda: _choose(_("Copied from"), desk.properties, required=False),
        "overwrite": lambda: forms.BooleanField(
            label=_("Also where there is an owner already"), required=False
        ),
        "add": lambda: _one(_("What is done"), [("1", _("Add the record")), ("0", _("Remove the record"))]),
        "segment": lambda: _choose(_("Static segment"), desk.static_segments),
        "url": lambda: _words(
            _("Address"), 2000, _("It begins with https://. The call is signed."), long=False
        ),
        "properties": lambda: _many(_("Properties that are sent"), desk.properties),
        "workflow": lambda: _choose(
            _("Workflow"), [(str(id_), name) for id_, name in desk.workflows.items() if id_ != desk.stored.id]
        ),
        "property": lambda: _choose(_("Property"), desk.properties),
        "shares": lambda: _words(
            _("Shares in percent"), 200, _("One for each way, such as 50, 30, 20. Together 100."), long=False
        ),
        **making.makers(desk, help_text),
        **_timely(desk),
    }


def _timely(desk: Desk) -> Mapping[str, Callable[[], forms.Field]]:
    return {
        "amount": lambda: _whole(_("How long"), 1, 525_600, 1),
        "unit": lambda: _one(_("Unit"), UNITS.items(), initial="days"),
        "when": lambda: _one(
            _("Until"),
            [("property", _("Around a date of the record")), ("date", _("A day"))],
            initial="property",
        ),
        "date": lambda: DateField(label=_("Day"), required=False),
        "around": lambda: _choose(_("Date"), desk.dates, required=False),
        "days": lambda: _whole(_("Days"), 0, 3650, 0),
        "side": lambda: _one(
            _("Before or after"),
            [("before", _("Before the date")), ("after", _("After the date"))],
            initial="before",
        ),
        "at": lambda: _time(_("Time of day")),
        "from": lambda: _time(_("Begins at"), "08:00"),
        "to": lambda: _time(_("Ends at"), "16:00"),
        "weekdays": lambda: _several(_("Days of the week"), day_names(), initial=["1", "2", "3", "4", "5"]),
        "weekday": lambda: _one(_("Day of the week, if weekly"), day_names(), initial=1),
        "month_day": lambda: _whole(_("Day of the month, if monthly"), 1, 31, 1),
        "every": lambda: _one(
            _("How often"),
            [("day", _("Every day")), ("week", _("Every week")), ("month", _("Every month"))],
        ),
        "events": lambda: _several(_("Events"), desk.events),
        "changed": lambda: _many(_("Or when one of these properties changes"), desk.told),
        "again": lambda: _one(
            _("May a record come in again after it has left?"),
            [
                ("never", _("No, once only")),
                ("always", _("Yes, each time that it meets a trigger")),
                ("each_value", _("Yes, once for each value of a property, such as each due date")),
            ],
            widget=forms.RadioSelect,
        ),
        "each_value_of": lambda: _choose(_("Property, if for each value"), desk.properties, required=False),
        "leave_when_unmet": lambda: forms.BooleanField(
            label=_("Records leave when they no longer meet the filter trigger"), required=False
        ),
        "limited": lambda: forms.BooleanField(
            label=_("Do actions at these times only"),
            required=False,
            help_text=_("What falls outside waits until the hours begin, by the clock of the account."),
        ),
    }


def make_form(
    desk: Desk,
    names: tuple[str, ...],
    data: Any,
    initial: Mapping[str, Any],
    extra: Mapping[str, forms.Field],
) -> Form:
    """A form with these fields, and others that were made for it."""
    makers = _makers(desk)
    fields: Fields = {name: makers[name]() for name in names if name != "teams" or desk.names.teams}
    fields |= extra
    made = type("PartForm", (Form,), fields)
    return made(data, initial={key: value for key, value in initial.items() if value is not None})


def values_field(desk: Desk, name: str) -> forms.Field:
    """The values that lead one way: those that the property has, or lines of text."""
    prop = desk.object.by_name.get(name)
    if prop is not None and (prop.options or prop.options_from):
        return _several(
            _("Values"),
            [each for each in option_labels(prop, desk.names, desk.visit.language) if each[0] != "me"],
        )
    return forms.CharField(
        label=_("Values"), widget=forms.Textarea(attrs=_LONG), help_text=_("One value a line.")
    )


def name_field() -> forms.Field:
    """The name of a way."""
    return _words(_("Name"), 80, long=False)


def choice_field(label: str, options: Any) -> forms.Field:
    """A choice of one, which has to be made."""
    return _one(label, options)


def initial_of(part: Json) -> dict[str, Any]:
    """What a form shows of a step, a trigger or hours."""
    named = part.get("to")
    to: Mapping[str, Any] = named if isinstance(named, Mapping) else {"owner": part.get("do") == "make_task"}
    given: dict[str, Any] = {**part, "details": part.get("body"), "around": part.get("property")}
    given |= {
        "owner": to.get("owner"),
        **{key: list(map(str, to.get(key, ()))) for key in ("users", "teams")},
    }
    days = part.get("days")
    if isinstance(days, list):
        given["weekdays"], given["days"] = [str(each) for each in days], None
    elif isinstance(days, int):
        given["days"], given["side"] = abs(days), "after" if days > 0 else "before"
    is_tied = part.get("do") == "set_property" and part.get("on")
    given["written"] = f"{part['on']}.{part.get('property')}" if is_tied else part.get("property")
    given["add"] = "1" if part.get("add", True) else "0"
    given["when"] = "date" if "date" in part else "property"
    given["shares"] = ", ".join(str(each.get("percent", "")) for each in part.get("parts", ()))
    given |= making.initial(part)
    if "day" in part:
        given["weekday"] = given["month_day"] = part["day"]
    return given


def read_part(names: tuple[str, ...], asked: Mapping[str, Any]) -> Json:
    """What a form says, in the JSON form; fields that a form has not are left out."""
    part: Json = {}
    for name in names:
        if name in asked:
            _PUT.get(name, _plain)(part, name, asked)
    if "users" in names:
        part["to"] = {
            **({"owner": True} if asked.get("owner") else {}),
            **{
                key: [int(each) for each in asked.get(key) or ()]
                for key in ("users", "teams")
                if asked.get(key)
            },
        }
    return part


def _plain(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    value = asked[name]
    match value:
        case time():
            part[name] = f"{value:%H:%M}"
        case date():
            part[name] = value.isoformat()
        case None | "" | []:
            return
        case _:
            part[name] = value


def _skip(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    """What another field says along."""


def _details(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    if asked[name]:
        part["body"] = asked[name]


def _written(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    on, _dot, prop = str(asked[name]).rpartition(".")
    part["property"] = prop
    if on:
        part["on"] = on


def _value(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    if asked.get("mode") in ("set", "increment") and asked[name]:
        part["value"] = asked[name]


def _source(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    if asked.get("mode") == "copy" and asked[name]:
        part["source"] = asked[name]


def _days(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    if asked.get("when", "property") == "property":
        part["days"] = -asked[name] if asked.get("side") == "before" else asked[name]
        part["property"] = asked.get("around") or ""


def _date(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    if asked.get("when") == "date":
        part["date"] = asked[name].isoformat() if asked[name] else ""


def _month_day(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    every = asked.get("every")
    if every == "week":
        part["day"] = int(asked["weekday"])
    elif every == "month":
        part["day"] = asked[name]


def _shares(part: Json, name: str, asked: Mapping[str, Any]) -> None:
    words = [
        each for each in asked[name].replace("%", " ").replace(",", " ").replace("/", " ").split() if each
    ]
    part["parts"] = [
        {"percent": int(each) if each.isascii() and each.isdigit() and len(each) < 4 else 0} for each in words
    ]


_PUT: Mapping[str, Callable[[Json, str, Mapping[str, Any]], None]] = {
    **dict.fromkeys(
        (
            "owner",
            "users",
            "teams",
            "side",
            "around",
            "when",
            "weekday",
            "limited",
            "each_value_of",
            "leave_when_unmet",
        ),
        _skip,
    ),
    **dict.fromkeys(making.FIELDS, _skip),
    "made": making.put,
    "details": _details,
    "written": _written,
    "value": _value,
    "source": _source,
    "days": _days,
    "date": _date,
    "month_day": _month_day,
    "shares": _shares,
    "add": lambda part, name, asked: part.__setitem__(name, asked[name] == "1"),
    "overwrite": lambda part, name, asked: part.__setitem__(name, asked[name]),
    "segment": lambda part, name, asked: part.__setitem__(name, int(asked[name])),
    "workflow": lambda part, name, asked: part.__setitem__(name, int(asked[name])),
    "weekdays": lambda part, name, asked: part.__setitem__("days", [int(each) for each in asked[name]]),
}
