"""Segments for programs, under HubSpot's name for them: lists, their filters, and who is a member.

``DYNAMIC`` is an active segment, ``MANUAL`` a static one that is filled by hand, and ``SNAPSHOT`` a static one that
its filter filled once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from kalends.accounts.scopes import LISTS_READ, LISTS_WRITE
from kalends.api import fields
from kalends.api.call import Answer, Call, let_read, object_named
from kalends.api.errors import ApiError, conflict, invalid, not_found
from kalends.api.routes import named, route
from kalends.api.shapes import moment
from kalends.api.wire import record_id
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.crm.schema import account_object
from kalends.query import FilterError, parse, to_json
from kalends.query.hubspot_lists import from_filter_branch, to_filter_branch
from kalends.segments.evaluation import evaluate_if_small
from kalends.segments.segment import (
    Kind,
    Segment,
    SegmentRefused,
    find_segment,
    objects_read,
    read_segments,
    uses_of,
)
from kalends.segments.services import (
    LIMITS,
    change_filter,
    create_segment,
    delete_segment,
    rename_segment,
    restore_segment,
)

READ, WRITE = named(LISTS_READ), named(LISTS_WRITE)
_KINDS: dict[str, Kind] = {"MANUAL": "static", "SNAPSHOT": "static", "DYNAMIC": "active"}
_SEARCHED_MAX = 500


@route("lists", "", "POST", WRITE)
def create(call: Call) -> Answer:
    """Make a list."""
    body = call.json()
    fields.require(body, ("name", "objectTypeId", "processingType"))
    obj = object_named(call, fields.text(body, "objectTypeId") or "")
    how = fields.text(body, "processingType") or ""
    if how not in _KINDS:
        raise fields.wrong("processingType", f"processingType is to be one of {', '.join(_KINDS)}")
    wanted = _filter(obj, body) if body.get("filterBranch") else None
    if how == "SNAPSHOT" and wanted is None:
        raise fields.wrong("filterBranch", "a SNAPSHOT list needs a filterBranch, which fills it")
    if how == "MANUAL" and wanted is not None:
        raise fields.wrong("filterBranch", "a MANUAL list is filled by hand and has no filterBranch")
    let_read(call, objects_read(call.db, call.ctx, obj.name, wanted))
    try:
        id_ = create_segment(
            call.db,
            call.ctx,
            name=fields.text(body, "name") or "",
            object=obj.name,
            kind=_KINDS[how],
            filter=wanted,
            actor=call.who.actor,
        )
    except SegmentRefused as refusal:
        raise told(refusal) from refusal
    if wanted is not None:
        evaluate_if_small(call.db, call.ctx, id_)
    return Answer(body={"list": shape(call, find_segment(call.db, call.ctx, id_), filters=True)})


@route("lists", "", "GET", READ)
def read_several(call: Call) -> Answer:
    """Lists by their numbers; those that are not there are left out."""
    wanted = {record_id(each) for each in call.query.names("listIds")}
    found = [each for each in read_segments(call.db, call.ctx) if each.id in wanted]
    return Answer(body={"lists": [shape(call, each, filters=_with_filters(call)) for each in found]})


@route("lists", "/search", "POST", READ, writes=False)
def search(call: Call) -> Answer:
    """Lists by a part of their name, by their kind and object."""
    body = call.json()
    words = (fields.text(body, "query") or "").lower()
    kinds: list[Any] = body.get("processingTypes") or []
    numbers = {record_id(each) for each in cast("list[Any]", body.get("listIds") or [])}
    obj = object_named(call, fields.text(body, "objectTypeId") or "") if body.get("objectTypeId") else None
    found = [
        each
        for each in read_segments(call.db, call.ctx, object=obj.name if obj else None)
        if words in each.name.lower()
        and (not kinds or processing_type(each) in kinds)
        and (not numbers or each.id in numbers)
    ]
    start = max(fields.whole(body, "offset") or 0, 0)
    count = min(max(fields.whole(body, "count") or 20, 1), _SEARCHED_MAX)
    page = found[start : start + count]
    return Answer(
        body={
            "lists": [
                {**shape(call, each), "additionalProperties": {"hs_list_size": str(each.size)}}
                for each in page
            ],
            "hasMore": start + count < len(found),
            "offset": start + len(page),
            "total": len(found),
        }
    )


@route("lists", "/{list}", "GET", READ)
def read_one(call: Call) -> Answer:
    """One list."""
    return Answer(body={"list": shape(call, segment(call), filters=_with_filters(call))})


@route("lists", "/object-type-id/{object}/name/{name}", "GET", READ)
def read_by_name(call: Call) -> Answer:
    """One list by its name."""
    obj = object_named(call, call.path["object"])
    found = [
        each for each in read_segments(call.db, call.ctx, object=obj.name) if each.name == call.path["name"]
    ]
    if not found:
        raise not_found(f"There is no list {call.path['name'][:100]!r} of {obj.plural}.")
    return Answer(body={"list": shape(call, found[0], filters=_with_filters(call))})


@route("lists", "/{list}/update-list-filters", "PUT", WRITE)
def update_filters(call: Call) -> Answer:
    """Let a DYNAMIC list ask for something else."""
    kept = segment(call)
    obj = account_object(call.db, call.ctx, kept.object)
    body = call.json()
    fields.require(body, ("filterBranch",))
    wanted = _filter(obj, body)
    let_read(call, objects_read(call.db, call.ctx, obj.name, wanted))
    try:
        change_filter(call.db, call.ctx, kept.id, wanted, call.who.actor)
    except SegmentRefused as refusal:
        raise told(refusal) from refusal
    evaluate_if_small(call.db, call.ctx, kept.id)
    return Answer(body={"updatedList": shape(call, segment(call), filters=True)})


@route("lists", "/{list}/update-list-name", "PUT", WRITE)
def update_name(call: Call) -> Answer:
    """Give a list another name."""
    kept = segment(call)
    try:
        rename_segment(call.db, call.ctx, kept.id, call.query.text("listName", kept.name), call.who.actor)
    except SegmentRefused as refusal:
        raise told(refusal) from refusal
    return Answer(body={"updatedList": shape(call, segment(call), filters=_with_filters(call))})


@route("lists", "/{list}", "DELETE", WRITE)
def remove(call: Call) -> Answer:
    """Delete a list that nothing asks for; it can be restored."""
    kept = segment(call)
    uses = uses_of(call.db, call.ctx, kept.id)
    if uses:
        asking = ", ".join(f"the {each.kind} {each.name!r}" for each in uses)
        raise conflict(f"The list {kept.name!r} is asked for by {asking}: change or delete these first.")
    delete_segment(call.db, call.ctx, kept.id, call.who.actor)
    return Answer(204)


@route("lists", "/{list}/restore", "PUT", WRITE)
def restore(call: Call) -> Answer:
    """Bring a deleted list back. One that is there stays as it is."""
    number = _number(call)
    try:
        find_segment(call.db, call.ctx, number)
    except SegmentRefused:
        try:
            restore_segment(call.db, call.ctx, number, call.who.actor)
        except SegmentRefused as refusal:
            raise told(refusal) from refusal
    return Answer(204)


def segment(call: Call) -> Segment:
    """The list that the path names. Raises ``ApiError``."""
    try:
        return find_segment(call.db, call.ctx, _number(call))
    except SegmentRefused as gone:
        raise told(gone) from gone


def readable(call: Call) -> Segment:
    """The list that the path names, for who may read the records in it and those that its filter asks about.

    Raises ``ApiError``.
    """
    kept = segment(call)
    let_read(call, objects_read(call.db, call.ctx, kept.object, kept.filter))
    return kept


def _number(call: Call) -> int:
    number = record_id(call.path["list"])
    if number is None:
        raise not_found(f"There is no list {call.path['list'][:100]}.")
    return number


def told(refusal: SegmentRefused) -> ApiError:
    """What a service refused, for programs."""
    if refusal.reason == "gone":
        return not_found(str(refusal))
    return conflict(str(refusal)) if refusal.reason == "name_taken" else invalid(str(refusal))


def _filter(obj: ObjectType, body: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return to_json(obj, from_filter_branch(obj, body["filterBranch"], LIMITS))
    except FilterError as problem:
        errors = [{"message": str(each), "in": "filterBranch"} for each in problem.problems]
        raise invalid("The filterBranch cannot be understood.", errors=errors) from problem


def _with_filters(call: Call) -> bool:
    return call.query.flag("includeFilters")


def processing_type(kept: Segment) -> str:
    """HubSpot's word for how a list gets its members."""
    if kept.is_active:
        return "DYNAMIC"
    return "MANUAL" if kept.filter is None else "SNAPSHOT"


def shape(call: Call, kept: Segment, *, filters: bool = False) -> dict[str, Any]:
    """A list as HubSpot tells it."""
    more: dict[str, Any] = {}
    if filters and kept.filter is not None:
        obj = account_object(call.db, call.ctx, kept.object)
        try:
            more = {"filterBranch": to_filter_branch(obj, parse(obj, kept.filter))}
        except FilterError:
            more = {}  # it asks for a property that was deleted since
    return {
        "listId": str(kept.id),
        "listVersion": kept.revision,
        "name": kept.name,
        "objectTypeId": get_object(kept.object).type_id,
        "processingType": processing_type(kept),
        "processingStatus": "PROCESSING" if kept.is_waiting else "COMPLETE",
        "size": kept.size,
        "createdAt": moment(kept.created_at),
        "updatedAt": moment(kept.updated_at),
        "filtersUpdatedAt": moment(kept.updated_at),
        **({"createdById": str(kept.made_by)} if kept.made_by else {}),
        **more,
    }


def numbers(given: object, name: str) -> Sequence[int]:
    """A list of record ids. Raises ``ApiError``."""
    ids = [record_id(each) for each in cast("list[Any]", given)] if isinstance(given, list) else [None]
    if None in ids:
        raise invalid(f"Invalid input JSON: {name} is to be a list of record ids.")
    return cast("list[int]", ids)
