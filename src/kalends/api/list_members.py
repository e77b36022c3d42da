"""Who is a member of a list, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kalends.api.call import Answer, Call, let_read, object_named
from kalends.api.errors import invalid, not_found
from kalends.api.lists import READ, WRITE, numbers, readable, told
from kalends.api.routes import route
from kalends.api.shapes import moment
from kalends.api.wire import read_json, record_id
from kalends.segments.members import add_members, members_of, remove_members, segments_of
from kalends.segments.segment import SegmentRefused, find_segment, objects_read

_PAGE, _LARGEST_PAGE = 100, 250
_AT_ONCE = 100_000


@route("lists", "/{list}/memberships", "GET", READ)
def read_members(call: Call) -> Answer:
    """A page of the members of a list, in the order of their ids."""
    kept, limit = readable(call), call.query.limit(_PAGE, _LARGEST_PAGE)
    found = members_of(call.db, call.ctx, kept.id, after=call.query.after(), limit=limit + 1)
    more = {"paging": {"next": {"after": str(found[limit - 1][0])}}} if len(found) > limit else {}
    results = [{"recordId": str(id_), "membershipTimestamp": moment(since)} for id_, since in found[:limit]]
    return Answer(body={"results": results, "total": kept.size, **more})


@route("lists", "/{list}/memberships/join-order", "GET", READ)
def read_members_by_age(call: Call) -> Answer:
    """A page of the members of a list, who joined first before the others."""
    kept, limit, skipped = readable(call), call.query.limit(_PAGE, _LARGEST_PAGE), call.query.after()
    rows = call.db.execute(
        "SELECT record_id, added_at FROM segment_member WHERE account_id = %s AND segment_id = %s "
        "ORDER BY added_at, record_id LIMIT %s OFFSET %s",
        [call.ctx.id, kept.id, limit + 1, skipped],
    ).fetchall()
    more = {"paging": {"next": {"after": str(skipped + limit)}}} if len(rows) > limit else {}
    results = [{"recordId": str(id_), "membershipTimestamp": moment(since)} for id_, since in rows[:limit]]
    return Answer(body={"results": results, "total": kept.size, **more})


@route("lists", "/{list}/memberships/add", "PUT", WRITE)
def add(call: Call) -> Answer:
    """Take records into a list that is filled by hand."""
    return _changed(call, numbers(read_json(call.raw), "the body"), ())


@route("lists", "/{list}/memberships/remove", "PUT", WRITE)
def remove(call: Call) -> Answer:
    """Let records go from a list that is filled by hand."""
    return _changed(call, (), numbers(read_json(call.raw), "the body"))


@route("lists", "/{list}/memberships/add-and-remove", "PUT", WRITE)
def add_and_remove(call: Call) -> Answer:
    """Take some records in and let others go."""
    body = call.json()
    return _changed(
        call,
        numbers(body.get("recordIdsToAdd") or [], "recordIdsToAdd"),
        numbers(body.get("recordIdsToRemove") or [], "recordIdsToRemove"),
    )


@route("lists", "/{list}/memberships/add-from/{source}", "PUT", WRITE)
def add_from(call: Call) -> Answer:
    """Take all members of another list in."""
    kept, number = readable(call), record_id(call.path["source"])
    try:
        source = find_segment(call.db, call.ctx, number or 0)
        if source.object != kept.object:
            raise invalid("The two lists have records of different objects.")
        let_read(call, objects_read(call.db, call.ctx, source.object, source.filter))
        if source.size > _AT_ONCE:
            raise invalid(f"A list of more than {_AT_ONCE:,} members is not copied in one call.")
        ids = _all(call, source.id)
        add_members(call.db, call.ctx, kept.id, ids, call.who.actor)
    except SegmentRefused as refusal:
        raise told(refusal) from refusal
    return Answer(204)


@route("lists", "/{list}/memberships", "DELETE", WRITE)
def remove_all(call: Call) -> Answer:
    """Let all members go from a list that is filled by hand."""
    kept = readable(call)
    if kept.size > _AT_ONCE:
        raise invalid(
            f"A list of more than {_AT_ONCE:,} members is not emptied in one call: delete the list."
        )
    try:
        remove_members(call.db, call.ctx, kept.id, _all(call, kept.id), call.who.actor)
    except SegmentRefused as refusal:
        raise told(refusal) from refusal
    return Answer(204)


@route("lists", "/records/{object}/{record}/memberships", "GET", READ)
def lists_of_record(call: Call) -> Answer:
    """The lists that a record is a member of."""
    obj, number = object_named(call, call.path["object"]), record_id(call.path["record"])
    let_read(call, [obj.name])
    if number is None:
        raise not_found(f"There is no {obj.name} {call.path['record'][:100]}.")
    results: list[dict[str, Any]] = [
        {
            "listId": str(id_),
            "listVersion": 1,
            "firstAddedTimestamp": moment(since),
            "lastAddedTimestamp": moment(since),
        }
        for id_, _name, since in segments_of(call.db, call.ctx, number)
    ]
    return Answer(body={"results": results, "total": len(results)})


def _all(call: Call, segment_id: int) -> list[int]:
    return [id_ for id_, _since in members_of(call.db, call.ctx, segment_id, limit=_AT_ONCE)]


def _changed(call: Call, joining: Sequence[int], leaving: Sequence[int]) -> Answer:
    kept = readable(call)
    if len(joining) + len(leaving) > _AT_ONCE:
        raise invalid(f"At most {_AT_ONCE:,} records are changed in one call.")
    before = _members_among(call, kept.id, [*joining, *leaving])
    try:
        add_members(call.db, call.ctx, kept.id, joining, call.who.actor)
        remove_members(call.db, call.ctx, kept.id, leaving, call.who.actor)
    except SegmentRefused as refusal:
        raise told(refusal) from refusal
    after = _members_among(call, kept.id, [*joining, *leaving])
    return Answer(
        body={
            "recordIdsMissing": [str(each) for each in joining if each not in after and each not in leaving],
            "recordsIdsAdded": [str(each) for each in sorted(after - before)],
            "recordIdsRemoved": [str(each) for each in sorted(before - after)],
        }
    )


def _members_among(call: Call, segment_id: int, ids: Sequence[int]) -> set[int]:
    rows = call.db.execute(
        "SELECT record_id FROM segment_member WHERE account_id = %s AND segment_id = %s AND record_id = ANY(%s)",
        [call.ctx.id, segment_id, list(ids)],
    ).fetchall()
    return {row[0] for row in rows}
