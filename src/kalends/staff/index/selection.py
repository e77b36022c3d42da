"""Which records an action on many is about: those that were ticked, or all of the view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.http import QueryDict

from kalends.catalog import ObjectType
from kalends.core.digits import whole_number
from kalends.query import NAME, Context, Filter, Words, compile_ids, compile_select, fetch, parse
from kalends.query.context import Cursor
from kalends.staff.index.pages import Listing

SELECTED_MAX = 10_000
"""How many records one action changes at most: as many as fit into one transaction that others need not wait for."""


class Selection(NamedTuple):
    """The records that the user may change or delete, how many others were meant, and whether there were too many."""

    ids: list[int]
    others: int
    is_all: bool
    too_many: bool


def selected(cursor: Cursor, listing: Listing, words: QueryDict, verb: str) -> Selection:
    """The records that were ticked, or all of the view, as far as the user may ``edit`` or ``delete`` them."""
    visit, state = listing.visit, listing.state
    is_all = words.get("all") == "1"
    if is_all:
        asked, search = state.filter(), listing.words
        seen = _ids(cursor, listing.object, asked, visit.asking, search)
        allowed = _ids(cursor, listing.object, asked, visit.asking_to(verb), search)
    else:
        given = [id_ for each in words.getlist("id") if (id_ := whole_number(each)) is not None]
        asked = these(listing.object, given[:SELECTED_MAX])
        seen = _ids(cursor, listing.object, asked, visit.asking, None) if given else []
        allowed = _ids(cursor, listing.object, asked, visit.asking_to(verb), None) if given else []
    return Selection(allowed[:SELECTED_MAX], len(seen) - len(allowed), is_all, len(allowed) > SELECTED_MAX)


def these(obj: ObjectType, ids: Sequence[int]) -> Filter:
    """The filter that only these records pass."""
    groups = [
        [
            {
                "property": "hs_object_id",
                "operator": "is_any_of",
                "values": [str(each) for each in ids[start : start + 1000]],
            }
        ]
        for start in range(0, len(ids), 1000)
    ]
    return parse(obj, {"groups": groups})


def _ids(cursor: Cursor, obj: ObjectType, asked: Filter, ctx: Context, words: Words | None) -> list[int]:
    sql = compile_ids(obj, asked, ctx, search=words, limit=SELECTED_MAX + 1)
    cursor.execute(sql.text, sql.params)
    return [int(row[0]) for row in cursor.fetchall()]


def names_of(cursor: Cursor, listing: Listing, ids: Sequence[int]) -> dict[int, str]:
    """What people call these records."""
    if not ids:
        return {}
    sql = compile_select(
        listing.object, (NAME,), these(listing.object, ids), None, listing.visit.asking, limit=len(ids)
    )
    return {row["id"]: row[NAME] or str(row["id"]) for row in fetch(cursor, sql)}
