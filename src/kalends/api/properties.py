"""What properties an object has: those of the catalogue, and the account's own, which can be made and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from psycopg.errors import DataError

from kalends.api.call import Answer, Call, object_named
from kalends.api.envelopes import batch_answer, in_words
from kalends.api.errors import ApiError, invalid, not_found
from kalends.api.fields import objects, require, switch, text, whole, wrong
from kalends.api.inputs import inputs_of
from kalends.api.problems import element
from kalends.api.routes import of_object, route
from kalends.api.shapes import Shape, moment
from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import OBJECTS
from kalends.crm.properties import (
    UnknownProperty,
    archive_property,
    create_property,
    definition,
    definitions,
    update_property,
)
from kalends.crm.property_groups import group_name
from kalends.crm.property_terms import Choice, Definition

Given = TypeVar("Given")
_READ, _WRITE = of_object("read", "schemas"), of_object("write", "schemas")
_API_TYPES = {"money": "number", "phone_number": "string"}
_NEEDED = ("name", "label", "type", "fieldType", "groupName")


@route("properties", "/{type}", "GET", _READ)
def list_properties(call: Call) -> Answer:
    """All properties of an object, or the account's archived ones."""
    obj = call.object()
    wanted = call.query.names("properties")
    found = _all(call, obj, archived=call.query.flag("archived"))
    return Answer(body={"results": [each for name, each in found.items() if not wanted or name in wanted]})


@route("properties", "/{type}", "POST", _WRITE)
def make_property(call: Call) -> Answer:
    """Add a property to an object."""
    return Answer(201, _make(call, _declared(call), call.json()))


@route("properties", "/{type}/{name}", "GET", _READ)
def read_property(call: Call) -> Answer:
    """One property by name."""
    obj, name = call.object(), call.path["name"]
    found = _all(call, obj, archived=call.query.flag("archived")).get(name)
    if found is None:
        raise _unknown(obj, name)
    return Answer(body=found)


@route("properties", "/{type}/{name}", "PATCH", _WRITE)
def change_property(call: Call) -> Answer:
    """Change what is named of a property that the account has added."""
    obj, name = _declared(call), call.path["name"]
    _refuse_ours(obj, name)
    body = call.json()
    with in_words():
        wanted = _terms(body, definition(call.db, call.ctx, obj, name))
        return Answer(body=_own(update_property(call.db, call.ctx, obj, wanted, actor=call.who.actor)))


@route("properties", "/{type}/{name}", "DELETE", _WRITE)
def remove_property(call: Call) -> Answer:
    """Archive a property that the account has added; again is no error."""
    obj, name = _declared(call), call.path["name"]
    _refuse_ours(obj, name)
    if not _archive(call, obj, name) and name not in _all(call, obj, archived=True):
        raise _unknown(obj, name)
    return Answer(204)


@route("properties", "/{type}/batch/create", "POST", _WRITE)
def create_batch(call: Call) -> Answer:
    """Add properties; those that cannot be are told beside those that were made."""
    obj = _declared(call)
    results: list[Shape] = []
    errors: list[Shape] = []
    for each in inputs_of(call.json()):
        try:
            with call.db.transaction():
                results.append(_make(call, obj, each))
        except ApiError as error:
            errors.append(element(error, name=[str(each.get("name"))[:200]]))
        except DataError:
            error = invalid("A value does not fit into its field.")
            errors.append(element(error, name=[str(each.get("name"))[:200]]))
    return batch_answer(call, 201, results, errors)


@route("properties", "/{type}/batch/read", "POST", _READ, writes=False)
def read_batch(call: Call) -> Answer:
    """Properties by name."""
    obj, body = call.object(), call.json()
    names = _names(body)
    found = _all(call, obj, archived=switch(body, "archived") or False)
    missing = [name for name in names if name not in found]
    errors = [element(_unknown(obj, name), name=[name[:200]]) for name in missing]
    return batch_answer(call, 200, [found[name] for name in names if name in found], errors)


@route("properties", "/{type}/batch/archive", "POST", _WRITE)
def archive_batch(call: Call) -> Answer:
    """Archive properties that the account has added; names that no property has are no error."""
    obj = _declared(call)
    for name in _names(call.json()):
        _refuse_ours(obj, name)
        _archive(call, obj, name)
    return Answer(204)


def _declared(call: Call) -> ObjectType:
    """The catalogue's entry of the object that the path names."""
    return OBJECTS[object_named(call, call.path["type"]).name]


def _all(call: Call, obj: ObjectType, *, archived: bool) -> dict[str, Shape]:
    own = {each.name: _own(each) for each in definitions(call.db, call.ctx, obj, archived=archived)}
    if archived:
        return own
    language = call.query.text("locale") or "en"
    return own | {each.name: _ours(obj, each, language) for each in obj.properties if each.name not in own}


def _make(call: Call, obj: ObjectType, body: Mapping[str, Any]) -> Shape:
    require(body, _NEEDED)
    empty = Definition(name=text(body, "name") or "", label="", type="", field_type="", group="")
    with in_words():
        made = create_property(call.db, call.ctx, obj, _terms(body, empty), actor=call.who.actor)
    return _own(made)


def _archive(call: Call, obj: ObjectType, name: str) -> bool:
    try:
        archive_property(call.db, call.ctx, obj, name, actor=call.who.actor)
    except UnknownProperty:
        return False
    return True


def _names(body: Mapping[str, Any]) -> list[str]:
    names: list[str] = []
    for place, each in enumerate(inputs_of(body)):
        name = text(each, "name")
        if not name:
            raise wrong(f"inputs[{place}].name", f"inputs[{place}].name is to be the name of a property")
        names.append(name)
    return list(dict.fromkeys(names))


def _terms(body: Mapping[str, Any], before: Definition) -> Definition:
    """A property with what a body says of it; what the body does not say stays. Raises ``ApiError``."""
    options = objects(body, "options")
    external, unique = switch(body, "externalOptions"), switch(body, "hasUniqueValue")
    if external and body.get("referencedObjectType", "OWNER") != "OWNER":
        raise wrong("referencedObjectType", "options from elsewhere are the account's users: OWNER")
    return replace(
        before,
        label=_or(text(body, "label"), before.label),
        type=_or(text(body, "type"), before.type),
        field_type=_or(text(body, "fieldType"), before.field_type),
        group=_or(text(body, "groupName"), before.group),
        description=_or(text(body, "description"), before.description),
        options=before.options
        if options is None
        else tuple(_choice(each, place) for place, each in enumerate(options)),
        options_from=before.options_from if external is None else "owners" if external else None,
        unique=_or(unique, before.unique),
        display_order=_or(whole(body, "displayOrder"), before.display_order),
        hidden=_or(switch(body, "hidden"), before.hidden),
        form_field=_or(switch(body, "formField"), before.form_field),
    )


def _or(given: Given | None, otherwise: Given) -> Given:
    return otherwise if given is None else given


def _choice(each: Mapping[str, Any], place: int) -> Choice:
    value, label = text(each, "value"), text(each, "label")
    if value is None and label is None:
        raise wrong(f"options[{place}]", f"options[{place}] is to have a value and a label")
    return Choice(
        value=_or(value, label or ""),
        label=_or(label, value or ""),
        description=text(each, "description") or "",
        hidden=switch(each, "hidden") or False,
        display_order=_or(whole(each, "displayOrder"), -1),
    )


def _refuse_ours(obj: ObjectType, name: str) -> None:
    if name in obj.by_name:
        raise invalid(f"The property {name!r} is part of the product and cannot be changed or archived.")


def _unknown(obj: ObjectType, name: str) -> ApiError:
    return not_found(
        f"The property {name[:200]!r} of {obj.plural} does not exist.", context={"name": [name[:200]]}
    )


def _ours(obj: ObjectType, prop: Property, language: str) -> Shape:
    """A property of the catalogue."""
    shape = _shape(
        prop.name,
        prop.label.in_language(language),
        prop.api_type or _API_TYPES.get(prop.type, prop.type),
        prop.field_type,
        group_name(obj, prop.group),
        prop.description,
        [
            Choice(each.value, each.label.in_language(language), display_order=place)
            for place, each in enumerate(prop.options)
        ],
    )
    writable = "api" in prop.writable_by
    return {
        **shape,
        "displayOrder": -1,
        "calculated": prop.computed,
        "hasUniqueValue": prop.unique,
        "hidden": prop.reporting_only,
        "formField": False,
        "archived": False,
        **_meta(ours=True, writable=writable, options_from=prop.options_from),
    }


def _own(own: Definition) -> Shape:
    """A property that the account has added."""
    shape: Shape = {
        **_shape(own.name, own.label, own.type, own.field_type, own.group, own.description, own.options),
        "displayOrder": own.display_order,
        "calculated": False,
        "hasUniqueValue": own.unique,
        "hidden": own.hidden,
        "formField": own.form_field,
        "archived": own.archived_at is not None,
        **_meta(ours=False, writable=True, options_from=own.options_from),
    }
    moments = {"createdAt": own.created_at, "updatedAt": own.updated_at, "archivedAt": own.archived_at}
    return shape | {name: moment(at) for name, at in moments.items() if at is not None}


def _shape(
    name: str,
    label: str,
    kind: str,
    field_type: str,
    group: str,
    description: str,
    options: Sequence[Choice],
) -> Shape:
    return {
        "name": name,
        "label": label,
        "type": kind,
        "fieldType": field_type,
        "groupName": group,
        "description": description,
        "options": [each.stored() for each in options],
    }


def _meta(*, ours: bool, writable: bool, options_from: str | None) -> Shape:
    return {
        "hubspotDefined": ours,
        "externalOptions": options_from is not None,
        **({"referencedObjectType": "OWNER"} if options_from == "owners" else {}),
        "modificationMetadata": {
            "archivable": not ours,
            "readOnlyDefinition": ours,
            "readOnlyOptions": ours,
            "readOnlyValue": not writable,
        },
    }
