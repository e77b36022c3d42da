"""A segment as it is kept, how segments are read, and what depends on one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType
from kalends.crm.schema import account_object
from kalends.query import Context, Filter, FilterError, parse, segments_in

Db = Connection[Any]
Kind = Literal["active", "static"]
Reason = Literal[
    "name_missing",
    "name_long",
    "name_taken",
    "too_many",
    "gone",
    "filter",
    "not_static",
    "not_active",
    "circle",
]

_COLUMNS = (
    "id, name, object, kind, filter::text, made_by, size, revision, evaluated_revision, evaluated_on, "
    "evaluated_at, created_at, updated_at, archived_at"
)


class SegmentRefused(ValueError):
    """Something that cannot be done to a segment; ``reason`` is for pages that say it in the reader's language."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class Segment(NamedTuple):
    """A segment; ``filter`` is its JSON, none for one that was only ever filled by hand."""

    id: int
    name: str
    object: str
    kind: Kind
    filter: dict[str, Any] | None
    made_by: int | None
    size: int
    revision: int
    evaluated_revision: int
    evaluated_on: Any
    evaluated_at: datetime | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @property
    def is_active(self) -> bool:
        """Whether a filter keeps it up to date."""
        return self.kind == "active"

    @property
    def is_waiting(self) -> bool:
        """Whether its members are still to be found for what was asked last."""
        return self.filter is not None and self.evaluated_revision != self.revision


class Use(NamedTuple):
    """Something that asks for a segment: ``kind`` is a word such as ``segment`` or ``view``."""

    kind: str
    id: int
    name: str


def read_segments(
    db: Db,
    ctx: AccountContext,
    *,
    object: str | None = None,  # noqa: A002 - the domain's word
    deleted: bool = False,
) -> list[Segment]:
    """The segments of an account (or those that were deleted), of one object or of all, by name."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM segment WHERE account_id = %s AND (%s::text IS NULL OR object = %s) "
        "AND (archived_at IS NOT NULL) = %s ORDER BY lower(name), id",
        [ctx.id, object, object, deleted],
    ).fetchall()
    return [_read(row) for row in rows]


def find_segment(db: Db, ctx: AccountContext, id_: int, *, deleted: bool = False) -> Segment:
    """A segment by its number. Raises :class:`SegmentRefused` where there is none (or none that was deleted)."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM segment WHERE account_id = %s AND id = %s AND (archived_at IS NOT NULL) = %s",
        [ctx.id, id_, deleted],
    ).fetchone()
    if row is None:
        raise SegmentRefused("gone", f"There is no segment {id_} in this account.")
    return _read(row)


def _read(row: Sequence[Any]) -> Segment:
    stored = row[4]
    return Segment._make((*row[:4], None if stored is None else json.loads(stored), *row[5:]))


def filter_of(db: Db, ctx: AccountContext, segment: Segment) -> tuple[ObjectType, Filter]:
    """A segment's object as the account has it, and its filter (one that lets nobody through is never stored).

    Raises :class:`~kalends.query.FilterError` for a filter whose property the account has deleted meanwhile.
    """
    obj = account_object(db, ctx, segment.object)
    return obj, parse(obj, segment.filter or {"groups": []})


def reading(ctx: AccountContext, segment: Segment | None = None) -> Context:
    """How a segment's filter is read: everything is seen, and *me* is whoever made the segment."""
    return Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, segment.made_by if segment else None)


def asks_for(db: Db, ctx: AccountContext, segment: Segment) -> frozenset[int]:
    """The segments that a segment's filter asks for."""
    try:
        return segments_in(filter_of(db, ctx, segment)[1])
    except FilterError:
        return frozenset()


def objects_read(db: Db, ctx: AccountContext, name: str, asked: Mapping[str, Any] | None) -> set[str]:
    """The objects whose records a stored filter of an object reads, by way of the segments that it asks for as well."""
    known = {each.id: each for each in read_segments(db, ctx)}
    found: set[str] = set()
    seen: set[int] = set()
    ahead: list[tuple[str, Mapping[str, Any] | None]] = [(name, asked)]
    while ahead:
        about, stored = ahead.pop()
        terms = [term for group in (stored or {"groups": []})["groups"] for term in group]
        found |= {about, *(term["associated"] for term in terms if "associated" in term)}
        inner = [*terms, *(each for term in terms for each in term.get("conditions", ()))]
        numbers = {int(term["segment"]) for term in inner if "segment" in term} - seen
        seen |= numbers
        ahead += [(known[each].object, known[each].filter) for each in sorted(numbers) if each in known]
    return found


Uses = Callable[[Db, AccountContext, int], Iterable[Use]]
_USES: list[Uses] = []


def register_uses(find: Uses) -> Uses:
    """Let a room say what of its own asks for a segment; it is told before somebody deletes the segment."""
    _USES.append(find)
    return find


def uses_of(db: Db, ctx: AccountContext, id_: int) -> list[Use]:
    """All that asks for a segment."""
    return [use for find in _USES for use in find(db, ctx, id_)]


@register_uses
def _segments(db: Db, ctx: AccountContext, id_: int) -> Iterable[Use]:
    for segment in read_segments(db, ctx):
        if segment.id != id_ and segment.is_active and id_ in asks_for(db, ctx, segment):
            yield Use("segment", segment.id, segment.name)


@register_uses
def _views_and_reports(db: Db, ctx: AccountContext, id_: int) -> Iterable[Use]:
    asked = json.dumps({"id": id_, "text": str(id_)})
    rows = db.execute(
        "SELECT kind, id, name FROM ("
        "SELECT 'view' AS kind, id, name, content FROM saved_view WHERE account_id = %(account_id)s UNION ALL "
        "SELECT 'report', id, name, content FROM saved_report WHERE account_id = %(account_id)s) AS kept "
        "WHERE jsonb_path_exists(content, '$.**.segment ? (@ == $id || @ == $text)', %(asked)s::jsonb) "
        "ORDER BY kind DESC, name, id",
        {"account_id": ctx.id, "asked": asked},
    ).fetchall()
    for row in rows:
        yield Use(*row)
