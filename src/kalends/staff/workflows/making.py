"""The step that makes a record: its fields on the page, what it says in the drawing, and what the log says of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kalends.catalog import OBJECTS
from kalends.crm.schema import account_object
from kalends.staff.objects import PAGES
from kalends.staff.workflows.desk import Desk, Options, by_label
from kalends.workflows.reading import Json
from kalends.workflows.writable import creatable_objects, writable_properties

KIND = "create_record"
ROWS = 6
"""How many properties the form has room for; more can be given over the API, and stay."""
_NAMES, _VALUES = (
    tuple(f"{word}_{number}" for number in range(ROWS)) for word in ("given_property", "given_value")
)
FIELDS = ("made", *(name for pair in zip(_NAMES, _VALUES, strict=True) for name in pair))
_NOTE = re.compile(r"(\w+) (\d+)")


def makers(desk: Desk, help_text: str) -> Mapping[str, Callable[[], forms.Field]]:
    """The fields: the kind of record, and rows of a property with its value."""
    found: dict[str, Callable[[], forms.Field]] = {
        "made": lambda: forms.ChoiceField(label=_("Record that is made"), choices=_objects(desk))
    }
    for number, (name, value) in enumerate(zip(_NAMES, _VALUES, strict=True), 1):
        found[name] = lambda number=number: forms.ChoiceField(
            label=_("Property %(number)s") % {"number": number},
            choices=[("", _("Choose")), *_properties(desk)],
            required=False,
        )
        found[value] = lambda number=number: forms.CharField(
            label=_("Value %(number)s") % {"number": number},
            max_length=65_536,
            required=False,
            help_text=help_text if number == 1 else "",
        )
    return found


def offered(desk: Desk) -> list[str]:
    """The objects of which somebody can make records on these pages: those that have a list."""
    return [name for name in creatable_objects(desk.object) if name in PAGES]


def _objects(desk: Desk) -> Options:
    return [(name, OBJECTS[name].singular_label.in_language(desk.visit.language)) for name in offered(desk)]


def _properties(desk: Desk) -> Options:
    groups: Options = []
    for name in offered(desk):
        obj = account_object(desk.visit.psycopg(), desk.visit.ctx, name)
        labels = [
            (f"{name}.{each}", obj.by_name[each].label.in_language(desk.visit.language))
            for each in writable_properties(obj)
        ]
        groups.append((obj.singular_label.in_language(desk.visit.language), by_label(labels)))
    return groups


def beginning(desk: Desk) -> dict[str, Any]:
    """What a new step proposes: a deal under the record's name, at the beginning of the first pipeline."""
    if "deal" not in offered(desk):
        return {}
    deal = account_object(desk.visit.psycopg(), desk.visit.ctx, "deal")
    stage = next(iter(deal.by_name[deal.stage].options), None)
    given = {"dealname": "{{ record.name }}", deal.stage: stage.value if stage else ""}
    if "hubspot_owner_id" in desk.object.by_name:
        given["hubspot_owner_id"] = "{{ hubspot_owner_id }}"
    return initial({"do": KIND, "object": "deal", "properties": given})


def initial(part: Json) -> dict[str, Any]:
    """What the form shows of a step."""
    if part.get("do") != KIND:
        return {}
    of, given = str(part.get("object", "")), part.get("properties", {})
    shown: dict[str, Any] = {"made": of}
    for (name, value), field, typed in zip(dict(given).items(), _NAMES, _VALUES, strict=False):
        shown |= {field: f"{of}.{name}", typed: value}
    return shown


def put(part: Json, _name: str, asked: Mapping[str, Any]) -> None:
    """What the form says, in the JSON form."""
    of = str(asked["made"])
    part["object"] = of
    part["properties"] = {
        str(asked[field]).removeprefix(f"{of}."): asked.get(typed) or ""
        for field, typed in zip(_NAMES, _VALUES, strict=True)
        if asked.get(field)
    }


def with_the_rest(made: Json, was: Json) -> Json:
    """A step with the properties that it had beyond those that the form has room for."""
    if made.get("do") != KIND or made["object"] != was.get("object"):
        return made
    rest = dict(list(dict(was.get("properties", {})).items())[ROWS:])
    return {**made, "properties": {**rest, **made["properties"]}}


def said(desk: Desk, step: Json) -> tuple[str, str]:
    """What is made, and with which properties."""
    of = str(step.get("object", ""))
    if of not in OBJECTS:
        return _("Nothing chosen yet"), ""
    obj = account_object(desk.visit.psycopg(), desk.visit.ctx, of)
    language = desk.visit.language
    given: list[str] = []
    for name, value in dict(step.get("properties", {})).items():
        prop = obj.by_name.get(str(name))
        label = prop.label.in_language(language) if prop else str(name)
        words = prop.option_label(str(value), language) if prop else str(value)
        if prop is not None and prop.options_from == "owners":
            words = desk.names.owners.get(words, words)
        given.append(f"{label}: {words}")
    made = _("Create: %(record)s") % {"record": obj.singular_label.in_language(language)}
    return made, ", ".join(given)


def note(text: str) -> str:
    """What the log says of a record that was made; empty where it says something else."""
    found = _NOTE.fullmatch(text)
    if found is None or found[1] not in OBJECTS:
        return ""
    return f"{OBJECTS[found[1]].singular_label.in_language(get_language() or 'en')} {found[2]}"


def problem(step: Json, words: list[str]) -> str:
    """What is wrong with a property of the record that is made."""
    obj, name = OBJECTS.get(str(step.get("object", ""))), words[-1]
    prop = obj.by_name.get(name) if obj else None
    label = prop.label.in_language(get_language() or "en") if prop else name
    return _("%(property)s: a new record needs it, or cannot have this value.") % {"property": label}
