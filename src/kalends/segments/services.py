"""What changes segments. Each call is one transaction of its caller's, and each change stands in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.catalog.model import ObjectType
from kalends.crm.schema import account_object
from kalends.events import journal
from kalends.query import Associated, Filter, FilterError, Limits, Member, parse, to_json
from kalends.segments.members import AT_ONCE, add_members
from kalends.segments.segment import (
    Kind,
    Segment,
    SegmentRefused,
    asks_for,
    find_segment,
    read_segments,
)

Db = Connection[Any]
NAME_LENGTH_MAX = 200
SEGMENTS_MAX = 1_500
"""How many segments an account may have."""
LIMITS = Limits(groups=60, conditions=250)
"""How large the filter of a segment may be."""


def create_segment(
    db: Db,
    ctx: AccountContext,
    *,
    name: str,
    object: str,  # noqa: A002
    kind: Kind,
    filter: Mapping[str, Any] | None = None,  # noqa: A002
    records: Sequence[int] = (),
    made_by: int | None = None,
    actor: str = "system",
) -> int:
    """Make a segment; returns its number. Its members are found by :mod:`kalends.segments.evaluation`.

    An *active* one needs a filter with a condition. A *static* one may have a filter, which fills it once, and
    ``records``, which are put into it by hand. Raises :class:`~kalends.segments.segment.SegmentRefused`, and
    :class:`~kalends.catalog.UnknownName` for an object that there is not.
    """
    obj = account_object(db, ctx, object)
    name = fitting_name(name)
    asked = checked(db, ctx, obj, filter) if filter else None
    if kind == "active" and (asked is None or not asked.groups):
        raise SegmentRefused(
            "filter", "An active segment needs a condition: with none, everything would be in it."
        )
    if len(read_segments(db, ctx)) >= SEGMENTS_MAX:
        raise SegmentRefused("too_many", f"This account has {SEGMENTS_MAX} segments: delete one first.")
    id_ = take_ids(db, 1)[0]
    stored = Jsonb(to_json(obj, asked)) if asked and asked.groups else None
    taken = db.execute(
        "INSERT INTO segment (account_id, id, name, object, kind, filter, made_by, created_at, updated_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (account_id, name) WHERE archived_at IS NULL DO NOTHING",
        [ctx.id, id_, name, obj.name, kind, stored, made_by, ctx.now, ctx.now],
    )
    if taken.rowcount == 0:
        raise _name_taken(name)
    _tell(db, ctx, id_, "created", {"name": name, "object": obj.name, "kind": kind}, actor)
    if records:
        add_members(db, ctx, id_, records, actor)
    return id_


def change_filter(
    db: Db,
    ctx: AccountContext,
    id_: int,
    filter: Mapping[str, Any],  # noqa: A002
    actor: str = "system",
) -> None:
    """Let an active segment ask for something else. Raises :class:`~kalends.segments.segment.SegmentRefused`."""
    segment = _locked(db, ctx, id_)
    if not segment.is_active:
        raise SegmentRefused(
            "not_active",
            f"{segment.name!r} is static: its members are chosen by hand, and no filter changes them.",
        )
    obj = account_object(db, ctx, segment.object)
    asked = checked(db, ctx, obj, filter, id_)
    if not asked.groups:
        raise SegmentRefused(
            "filter", "An active segment needs a condition: with none, everything would be in it."
        )
    after = to_json(obj, asked)
    if after == segment.filter:
        return
    db.execute(
        "UPDATE segment SET filter = %s, revision = revision + 1, updated_at = %s WHERE account_id = %s AND id = %s",
        [Jsonb(after), ctx.now, ctx.id, id_],
    )
    data = {"name": segment.name, "changes": {"filter": [segment.filter, after]}}
    _tell(db, ctx, id_, "updated", data, actor)


def rename_segment(db: Db, ctx: AccountContext, id_: int, name: str, actor: str = "system") -> None:
    """Give a segment another name. Raises :class:`~kalends.segments.segment.SegmentRefused`."""
    segment, name = _locked(db, ctx, id_), fitting_name(name)
    if name == segment.name:
        return
    _refuse_taken(db, ctx, name)
    db.execute(
        "UPDATE segment SET name = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [name, ctx.now, ctx.id, id_],
    )
    _tell(db, ctx, id_, "updated", {"name": name, **journal.changed(name=(segment.name, name))}, actor)


def clone_segment(
    db: Db, ctx: AccountContext, id_: int, name: str, *, made_by: int | None = None, actor: str = "system"
) -> int:
    """A copy of a segment under another name: an active one's filter, a static one's present members.

    Raises :class:`~kalends.segments.segment.SegmentRefused`.
    """
    segment = find_segment(db, ctx, id_)
    made = create_segment(
        db,
        ctx,
        name=name,
        object=segment.object,
        kind=segment.kind,
        filter=segment.filter if segment.is_active else None,
        made_by=made_by,
        actor=actor,
    )
    if not segment.is_active:
        after = 0
        while found := _some_members(db, ctx, id_, after):
            add_members(db, ctx, made, found, actor)
            after = found[-1]
    return made


def _some_members(db: Db, ctx: AccountContext, id_: int, after: int) -> list[int]:
    rows = db.execute(
        "SELECT record_id FROM segment_member WHERE account_id = %s AND segment_id = %s AND record_id > %s "
        "ORDER BY record_id LIMIT %s",
        [ctx.id, id_, after, AT_ONCE],
    ).fetchall()
    return [row[0] for row in rows]


def make_static(db: Db, ctx: AccountContext, id_: int, actor: str = "system") -> None:
    """Let an active segment keep the members that it has now, whatever changes from here on.

    Raises :class:`~kalends.segments.segment.SegmentRefused`.
    """
    segment = _locked(db, ctx, id_)
    if not segment.is_active:
        raise SegmentRefused("not_active", f"{segment.name!r} is static already.")
    db.execute(
        "UPDATE segment SET kind = 'static', updated_at = %s WHERE account_id = %s AND id = %s",
        [ctx.now, ctx.id, id_],
    )
    _tell(
        db, ctx, id_, "updated", {"name": segment.name, **journal.changed(kind=("active", "static"))}, actor
    )


def delete_segment(db: Db, ctx: AccountContext, id_: int, actor: str = "system") -> None:
    """Delete a segment: whatever asks who is a member of it, or who is not, finds nobody until it is restored.

    An email that is being sent to it stops.
    Raises :class:`~kalends.segments.segment.SegmentRefused`.
    """
    segment = _locked(db, ctx, id_)
    db.execute(
        "UPDATE segment SET archived_at = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [ctx.now, ctx.now, ctx.id, id_],
    )
    _ask_again(db, ctx, id_)
    _tell(db, ctx, id_, "deleted", {"name": segment.name, "object": segment.object}, actor)


def restore_segment(db: Db, ctx: AccountContext, id_: int, actor: str = "system") -> None:
    """Bring a deleted segment back; an active one finds its members anew.

    Raises :class:`~kalends.segments.segment.SegmentRefused`, for instance when its name was given away meanwhile.
    """
    segment = find_segment(db, ctx, id_, deleted=True)
    _refuse_taken(db, ctx, segment.name)
    if segment.filter is not None and segment.is_active:
        checked(db, ctx, account_object(db, ctx, segment.object), segment.filter, id_)
    db.execute(
        "UPDATE segment SET archived_at = NULL, updated_at = %s, "
        "revision = revision + CASE kind WHEN 'active' THEN 1 ELSE 0 END WHERE account_id = %s AND id = %s",
        [ctx.now, ctx.id, id_],
    )
    _ask_again(db, ctx, id_)
    _tell(db, ctx, id_, "restored", {"name": segment.name, "object": segment.object}, actor)


def _ask_again(db: Db, ctx: AccountContext, id_: int) -> None:
    """Let the active segments that ask for a segment be evaluated in full."""
    asking = [each.id for each in read_segments(db, ctx) if each.is_active and id_ in asks_for(db, ctx, each)]
    db.execute(
        "UPDATE segment SET revision = revision + 1 WHERE account_id = %s AND id = ANY(%s)", [ctx.id, asking]
    )


def checked(
    db: Db,
    ctx: AccountContext,
    obj: ObjectType,
    filter: Mapping[str, Any],  # noqa: A002
    segment_id: int | None = None,
) -> Filter:
    """A segment's filter, read. Raises :class:`~kalends.segments.segment.SegmentRefused` with what is wrong in it.

    Segments that it asks for have to be there, of the same object, and must not ask for this one in turn.
    """
    try:
        asked = parse(obj, filter, LIMITS)
    except FilterError as problem:
        raise SegmentRefused("filter", str(problem)) from problem
    known = {each.id: each for each in read_segments(db, ctx)}
    for about, term in _memberships(obj.name, asked):
        other = known.get(term.segment)
        if other is None:
            raise SegmentRefused("filter", f"There is no segment {term.segment} in this account.")
        if other.object != about:
            raise SegmentRefused(
                "filter",
                f"{other.name!r} is a segment of {other.object} records, which no {about} can be a member of.",
            )
        if segment_id is not None:
            _refuse_circle(db, ctx, known, segment_id, other)
    return asked


def _memberships(name: str, asked: Filter) -> list[tuple[str, Member]]:
    """Each term that asks for a segment, with the object whose records it asks about."""
    found: list[tuple[str, Member]] = []
    for term in (term for group in asked.groups for term in group):
        if isinstance(term, Member):
            found.append((name, term))
        elif isinstance(term, Associated):
            found += [(term.object, each) for each in term.conditions if isinstance(each, Member)]
    return found


def _refuse_circle(
    db: Db, ctx: AccountContext, known: Mapping[int, Segment], id_: int, asked_for: Segment
) -> None:
    seen: set[int] = set()
    ahead = [asked_for]
    while ahead:
        segment = ahead.pop()
        if segment.id == id_:
            raise SegmentRefused(
                "circle",
                f"{asked_for.name!r} follows from this very segment, so neither could be told first: leave it out.",
            )
        if segment.id not in seen and segment.is_active:
            seen.add(segment.id)
            ahead += [known[each] for each in asks_for(db, ctx, segment) if each in known]


def _locked(db: Db, ctx: AccountContext, id_: int) -> Segment:
    db.execute("SELECT 1 FROM segment WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, id_])
    return find_segment(db, ctx, id_)


def fitting_name(name: str) -> str:
    """A name as it is kept. Raises :class:`~kalends.segments.segment.SegmentRefused`."""
    tidy = " ".join(name.replace("\x00", "").split())
    if not tidy:
        raise SegmentRefused("name_missing", "Give the segment a name.")
    if len(tidy) > NAME_LENGTH_MAX:
        raise SegmentRefused("name_long", f"A segment's name has at most {NAME_LENGTH_MAX} characters.")
    return tidy


def _refuse_taken(db: Db, ctx: AccountContext, name: str) -> None:
    if db.execute(
        "SELECT 1 FROM segment WHERE account_id = %s AND name = %s AND archived_at IS NULL", [ctx.id, name]
    ).fetchone():
        raise _name_taken(name)


def _name_taken(name: str) -> SegmentRefused:
    return SegmentRefused("name_taken", f"There is a segment {name!r} already: choose another name.")


def _tell(db: Db, ctx: AccountContext, id_: int, what: str, data: dict[str, Any], actor: str) -> None:
    event = journal.NewEvent(f"segment.{what}", "segment", id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)
