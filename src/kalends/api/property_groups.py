"""Groups of properties: those of the catalogue, and the account's own."""

from __future__ import annotations

from kalends.api.call import Answer, Call
from kalends.api.envelopes import in_words
from kalends.api.fields import require, text, whole
from kalends.api.routes import of_object, route
from kalends.api.shapes import Shape
from kalends.crm.property_groups import (
    PropertyGroup,
    archive_group,
    create_group,
    group,
    groups,
    update_group,
)

_READ, _WRITE = of_object("read", "schemas"), of_object("write", "schemas")


@route("properties", "/{type}/groups", "GET", _READ)
def list_groups(call: Call) -> Answer:
    """All groups of an object's properties, or the account's archived ones."""
    found = groups(call.db, call.ctx, call.object(), archived=call.query.flag("archived"))
    return Answer(body={"results": [_shape(each) for each in found]})


@route("properties", "/{type}/groups", "POST", _WRITE)
def make_group(call: Call) -> Answer:
    """Make a group."""
    obj, body = call.object(), call.json()
    require(body, ["name", "label"])
    order = whole(body, "displayOrder")
    with in_words():
        made = create_group(
            call.db,
            call.ctx,
            obj,
            name=text(body, "name") or "",
            label=text(body, "label") or "",
            display_order=-1 if order is None else order,
        )
    return Answer(201, _shape(made))


@route("properties", "/{type}/groups/{name}", "GET", _READ)
def read_group(call: Call) -> Answer:
    """One group by name."""
    with in_words():
        return Answer(body=_shape(group(call.db, call.ctx, call.object(), call.path["name"])))


@route("properties", "/{type}/groups/{name}", "PATCH", _WRITE)
def change_group(call: Call) -> Answer:
    """Change a group that the account has made."""
    obj, body = call.object(), call.json()
    with in_words():
        changed = update_group(
            call.db,
            call.ctx,
            obj,
            call.path["name"],
            label=text(body, "label"),
            display_order=whole(body, "displayOrder"),
        )
    return Answer(body=_shape(changed))


@route("properties", "/{type}/groups/{name}", "DELETE", _WRITE)
def remove_group(call: Call) -> Answer:
    """Archive a group that no property stands in."""
    with in_words():
        archive_group(call.db, call.ctx, call.object(), call.path["name"])
    return Answer(204)


def _shape(found: PropertyGroup) -> Shape:
    return {
        "name": found.name,
        "label": found.label,
        "displayOrder": found.display_order,
        "archived": found.archived,
    }
