"""Records in the shape of the API: every value a text or null, moments in UTC with milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kalends.api.call import Call
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import infer_object
from kalends.catalog.render import moment, to_api
from kalends.crm.record_history import SOURCE, Past, read_history
from kalends.crm.record_reads import ID, archived_since, plain_properties, read
from kalends.crm.record_ties import tied_to

Shape = dict[str, Any]
_MOST_TIES = 500
"""How many records of an object are told with a record; the rest is asked for at its associations."""


def always(obj: ObjectType) -> tuple[str, ...]:
    """The properties that every answer has."""
    return (obj.created, obj.modified, ID)


def projection(obj: ObjectType, asked: Iterable[str]) -> list[str]:
    """The properties of an answer: those asked for that exist, or the object's own choice, and those it always has."""
    named = [name for name in asked if name in obj.by_name]
    return list(dict.fromkeys((*always(obj), *named)))


def chosen(obj: ObjectType, asked: Sequence[str]) -> list[str]:
    """The properties that a read asks for: none means the object's defaults."""
    return projection(obj, asked or obj.api_defaults)


def record(obj: ObjectType, row: Mapping[str, Any], names: Iterable[str], *, archived: bool = False) -> Shape:
    """A record with these properties."""
    props = obj.by_name
    return _shape(obj, row, {name: to_api(props[name], row[name]) for name in names}, archived=archived)


def _shape(
    obj: ObjectType, row: Mapping[str, Any], properties: dict[str, str | None], *, archived: bool = False
) -> Shape:
    return {
        "id": str(row["id"]),
        "properties": properties,
        "createdAt": moment(row[obj.created]),
        "updatedAt": moment(row[obj.modified]),
        "archived": archived,
    }


def written(call: Call, obj: ObjectType, ids: Sequence[int], sent: Iterable[str]) -> dict[int, Shape]:
    """Records that were just written: everything in them that has a value, what was sent, and the defaults.

    What is worked out from other records is told by a read that asks for it.
    """
    shown = set(projection(obj, [*sent, *obj.api_defaults]))
    names = list(dict.fromkeys([*plain_properties(obj), *shown]))
    wanted = [(name, obj.by_name[name], name in shown) for name in names]
    return {
        id_: _shape(
            obj,
            row,
            {
                name: value if type(value) is str and value else to_api(prop, value)
                for name, prop, always_shown in wanted
                if ((value := row[name]) is not None and value != "") or always_shown
            },
        )
        for id_, row in read(call.db, call.ctx, obj, ids, names).items()
    }


def full(
    call: Call,
    obj: ObjectType,
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    *,
    history: Sequence[str] = (),
    associations: Sequence[str] = (),
    archived: bool = False,
) -> list[Shape]:
    """Records with their history and what they are tied to; ``rows`` were read with :func:`columns_for`."""
    shapes = {row["id"]: record(obj, row, names, archived=archived) for row in rows}
    ids = list(shapes)
    if archived and ids:
        for id_, at in archived_since(call.db, call.ctx, obj, ids).items():
            shapes[id_]["archivedAt"] = moment(at)
    if history:
        known = [name for name in history if name in obj.by_name]
        present = {row["id"]: row for row in rows}
        for id_, past in read_history(call.db, call.ctx, obj, known, present).items():
            shapes[id_]["propertiesWithHistory"] = {
                name: [_past(each) for each in past[name]] for name in known
            }
    for to in associations:
        target = infer_object(to).name
        for id_, (ties, more) in tied_to(call.db, call.ctx, obj, ids, target, _MOST_TIES).items():
            told: Shape = {"results": [{"id": str(tie.id), "type": tie.type} for tie in ties]}
            if more:
                told["paging"] = {"next": {"after": str(ties[-1].id)}}
            shapes[id_].setdefault("associations", {})[to] = told
    return list(shapes.values())


def columns_for(obj: ObjectType, names: Sequence[str], history: Sequence[str]) -> list[str]:
    """What has to be read for records with their history."""
    if not history:
        return list(names)
    source = [SOURCE] if SOURCE in obj.by_name else []
    return list(dict.fromkeys([*names, *(name for name in history if name in obj.by_name), *source]))


def _past(past: Past) -> Shape:
    shape: Shape = {
        "value": past.value or "",
        "timestamp": moment(past.at),
        "sourceType": past.source,
        "sourceLabel": None,
    }
    if past.source_id is not None:
        shape["sourceId"] = past.source_id
    return shape
