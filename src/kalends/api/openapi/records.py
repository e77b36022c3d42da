"""The records of each object as schemas, made of the catalogue: what answers have, and what can be written."""

from __future__ import annotations

from kalends.api.openapi.terms import Schema, array, of, ref
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import OBJECTS
from kalends.catalog.render import api_type

_FORMATS = {"number": "decimal", "date": "date", "datetime": "date-time"}
_WRITTEN = {
    "number": ["string", "number", "null"],
    "date": ["string", "integer", "null"],
    "datetime": ["string", "integer", "null"],
    "bool": ["string", "boolean", "null"],
}
_ELSEWHERE = {
    "owners": "The number of an owner",
    "currencies": "A currency of the account, in ISO 4217",
    "tax_rates": "The number of a tax rate",
}
LONGEST = 65_536
"""Characters of a value."""


def component(obj: ObjectType) -> str:
    """What the components call a record's properties.

    >>> component(OBJECTS["payment"])
    'CommercePayment'
    """
    return "".join(part.capitalize() for part in obj.api_name.split("_"))


def plurals() -> list[str]:
    """The names that paths have for objects."""
    return [obj.plural for obj in OBJECTS.values()]


def components() -> dict[str, Schema]:
    """For each object, the properties that answers tell, and those that a request may give."""
    made: dict[str, Schema] = {}
    for obj in OBJECTS.values():
        made[component(obj)] = _told(obj)
        made[f"{component(obj)}Input"] = _given(obj)
    made["AnyProperties"] = {"anyOf": [ref(component(obj)) for obj in OBJECTS.values()]}
    made["AnyPropertiesInput"] = {"anyOf": [ref(f"{component(obj)}Input") for obj in OBJECTS.values()]}
    return made


def _told(obj: ObjectType) -> Schema:
    return {
        "type": "object",
        "title": obj.singular_label.en,
        "description": f"Properties of {obj.plural} (`{obj.type_id}`). Every value is a text or null. "
        "An account may have added properties of its own.",
        "properties": {prop.name: _value(obj, prop) for prop in obj.properties if not prop.custom},
        "additionalProperties": of(["string", "null"], "A property of the account's own."),
    }


def _given(obj: ObjectType) -> Schema:
    needs = ", ".join(f"`{name}`" for name in obj.required_at_creation)
    one = " or ".join(f"`{name}`" for name in obj.one_required_at_creation)
    wanted = f" A new record needs {needs or one}." if needs or one else ""
    return {
        "type": "object",
        "title": f"{obj.singular_label.en}, to write",
        "description": f'Properties of {obj.plural} that can be written. Null and `""` empty one.{wanted}',
        "properties": {
            prop.name: _input(obj, prop)
            for prop in obj.properties
            if "api" in prop.writable_by and not prop.custom
        },
        "additionalProperties": of(
            ["string", "number", "boolean", "null"], "A property of the account's own."
        ),
    }


def _value(obj: ObjectType, prop: Property) -> Schema:
    made = {**_described(prop), "type": ["string", "null"]}
    kind = api_type(prop)
    if kind in _FORMATS:
        made["format"] = _FORMATS[kind]
    if kind == "bool":
        made["enum"] = ["true", "false", None]
    elif _is_closed(obj, prop):
        made["enum"] = [*(option.value for option in prop.options), None]
    if "api" not in prop.writable_by:
        made["readOnly"] = True
    return made


def _input(obj: ObjectType, prop: Property) -> Schema:
    kind = api_type(prop)
    made = {**_described(prop), "type": _WRITTEN.get(kind, ["string", "null"])}
    if _is_closed(obj, prop):
        made["enum"] = [*(option.value for option in prop.options), "", None]
    elif kind == "string":
        made["maxLength"] = LONGEST
    return made


def _described(prop: Property) -> Schema:
    more = [prop.description] if prop.description else []
    if prop.options_from in _ELSEWHERE:
        more.append(f"{_ELSEWHERE[prop.options_from]}.")
    if prop.multiple:
        more.append(f"Several of {', '.join(option.value for option in prop.options)}, joined with `;`.")
    described: Schema = {"title": prop.label.en}
    return {**described, "description": " ".join(more)} if more else described


def _is_closed(obj: ObjectType, prop: Property) -> bool:
    """Whether only the catalogue's options are values; an account may have pipelines of its own."""
    if prop.name in (obj.pipeline, obj.stage) or prop.options_from or prop.multiple:
        return False
    return prop.type == "enumeration" and bool(prop.options)


def history() -> Schema:
    """The values that a property had."""
    return array(ref("PastValue"), "The latest first.")
