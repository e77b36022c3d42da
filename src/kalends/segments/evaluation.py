"""Keeping segments up to date: in full when they are new or a day begins, and from then on by what the journal tells.

One evaluator works for an account at a time: it holds the row that says how far the journal was read. So a full
evaluation, which takes its time, and a small one after it cannot pass each other. Each step is a transaction that
moves members and the mark in the journal together: killed at any point, it leaves what was there, and the next
evaluator begins the step anew. See docs/decisions/0033.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.events.feed import Happened, Page, read_feed, settled_until
from kalends.query import (
    Changes,
    Filter,
    FilterError,
    Sql,
    affected,
    changes_of,
    compile_count,
    compile_ids,
    follows_the_day,
    looks_at,
    segments_in,
)
from kalends.segments.members import AT_ONCE, Moved, move
from kalends.segments.segment import (
    Segment,
    SegmentRefused,
    filter_of,
    find_segment,
    read_segments,
    reading,
)

Db = Connection[Any]
EVENTS_IN_A_STEP = 1_000
SMALL = 20_000
"""Up to how many members a segment is filled at once for the person who waits, instead of by the worker."""


class Kept(NamedTuple):
    """What a turn did: evaluations in full, events read, records that joined and left."""

    full: int = 0
    events: int = 0
    joined: int = 0
    left: int = 0

    def and_moved(self, moved: Moved, *, full: int = 0, events: int = 0) -> Kept:
        """This and something more."""
        return Kept(
            self.full + full, self.events + events, self.joined + moved.joined, self.left + moved.left
        )


class _Active(NamedTuple):
    segment: Segment
    obj: ObjectType
    wanted: Filter
    looks_at: frozenset[str]
    asks_for: frozenset[int]


def keep(db: Db, ctx: AccountContext, stopping: Callable[[], bool] = lambda: False) -> Kept:
    """Bring all segments of an account up to date; gives up where another evaluator is at it.

    ``db`` must not be inside a transaction.
    """
    result = Kept()
    for id_ in _due(db, ctx):
        if stopping():
            return result
        try:
            moved = evaluate(db, ctx, id_)
        except SegmentRefused:
            continue  # deleted meanwhile
        if moved is None:
            return result
        result = result.and_moved(moved, full=1)
    while not stopping():
        step = follow(db, ctx)
        if step is None:
            return result
        moved, events, more = step
        result = result.and_moved(moved, events=events)
        if not (events or more):  # what moved is an event itself, for segments that ask for this one
            return result
    return result


def _due(db: Db, ctx: AccountContext) -> list[int]:
    """The segments to be evaluated in full: what is asked of them is new, or the day is and they follow it.

    Those that do not follow it are done with the day at once.
    """
    due: list[int] = []
    through: list[int] = []
    for segment in read_segments(db, ctx):
        if segment.is_waiting:
            due.append(segment.id)
        elif segment.is_active and segment.evaluated_on != ctx.today:
            obj, wanted = _understood(db, ctx, segment)
            (due if follows_the_day(obj, wanted) else through).append(segment.id)
    if through:
        db.execute(
            "UPDATE segment SET evaluated_on = %s WHERE account_id = %s AND id = ANY(%s)",
            [ctx.today, ctx.id, through],
        )
    return due


def _understood(db: Db, ctx: AccountContext, segment: Segment) -> tuple[ObjectType, Filter]:
    """What a segment asks; one that asks for what the account no longer has keeps its members until it is mended."""
    try:
        return filter_of(db, ctx, segment)
    except FilterError:
        return filter_of(db, ctx, segment._replace(filter={"groups": []}))


def evaluate(db: Db, ctx: AccountContext, id_: int) -> Moved | None:
    """Find all members of a segment anew, in one statement; None where another evaluator is at work in the account.

    A filter that asks for a property that was deleted changes nothing. Raises
    :class:`~kalends.segments.segment.SegmentRefused` for a segment that is not there.
    """
    with db.transaction():
        if not _hold(db, ctx):
            return None
        segment = find_segment(db, ctx, id_)
        try:
            obj, wanted = filter_of(db, ctx, segment)
        except FilterError:
            return _found(db, ctx, segment, Moved())
        more = {"first": True} if not segment.evaluated_revision else {}
        if segment.is_waiting and segment.evaluated_revision:
            more = {"edited": True}
        passing = compile_ids(obj, wanted, reading(ctx, segment))
        if not segment.is_active:
            passing = _besides_those_there(passing, segment)
        return _found(db, ctx, segment, move(db, ctx, segment, passing, more=more))


def _besides_those_there(passing: Sql, segment: Segment) -> Sql:
    """What a filter finds and the members that there are: filling a static segment puts nobody out."""
    text = (
        f"SELECT found.id FROM ({passing.text}) AS found (id) UNION SELECT record_id FROM segment_member "
        "WHERE account_id = %(account_id)s AND segment_id = %(there)s"
    )
    return Sql(text, {**passing.params, "there": segment.id}, passing.columns)


def _found(db: Db, ctx: AccountContext, segment: Segment, moved: Moved) -> Moved:
    db.execute(
        "UPDATE segment SET evaluated_revision = %s, evaluated_on = %s, evaluated_at = %s "
        "WHERE account_id = %s AND id = %s",
        [segment.revision, ctx.today, ctx.now, ctx.id, segment.id],
    )
    return moved


def evaluate_if_small(db: Db, ctx: AccountContext, id_: int) -> bool:
    """Fill a segment for somebody who waits, if it is small and nobody else is at work; says whether it was done."""
    segment = find_segment(db, ctx, id_)
    obj, wanted = filter_of(db, ctx, segment)
    count = compile_count(obj, wanted, reading(ctx, segment), most=SMALL + 1)
    row = db.execute(count.text, count.params).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0] <= SMALL and segment.size <= SMALL and evaluate(db, ctx, id_) is not None


def follow(db: Db, ctx: AccountContext) -> tuple[Moved, int, bool] | None:
    """Take note of the next events: who moved, how many events were read, whether more are there.

    None where another evaluator is at work in the account.
    """
    with db.transaction():
        after = _hold(db, ctx)
        if after is None:
            return None
        segments = read_segments(db, ctx)
        page = (
            read_feed(db, ctx, after=after, limit=EVENTS_IN_A_STEP)
            if segments
            else Page([], settled_until(db, ctx), more=False)
        )
        if page.after == after:
            return Moved(), 0, False
        moved = _take_note(db, ctx, segments, page.events)
        db.execute("UPDATE segment_progress SET after = %s WHERE account_id = %s", [page.after, ctx.id])
        return moved, len(page.events), page.more


def _hold(db: Db, ctx: AccountContext) -> int | None:
    """Hold the account's mark in the journal until the transaction ends, and tell it; None where another holds it."""
    query = "SELECT after FROM segment_progress WHERE account_id = %s FOR UPDATE SKIP LOCKED"
    row = db.execute(query, [ctx.id]).fetchone()
    if row is None:
        db.execute(
            "INSERT INTO segment_progress (account_id, after) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [ctx.id, settled_until(db, ctx)],
        )
        row = db.execute(query, [ctx.id]).fetchone()
    return None if row is None else int(row[0])


def _take_note(db: Db, ctx: AccountContext, segments: list[Segment], events: list[Happened]) -> Moved:
    changes = changes_of(events)
    if not changes:
        return Moved()
    result = Moved()
    for segment in segments:
        if segment.is_active and not segment.is_waiting:
            result += _follow_one(db, ctx, _active(db, ctx, segment), changes)
    static = [each for each in segments if not each.is_active]
    return result + _follow_static(db, ctx, static, events, changes) if static else result


def _active(db: Db, ctx: AccountContext, segment: Segment) -> _Active | None:
    try:
        obj, wanted = filter_of(db, ctx, segment)
    except FilterError:
        return None
    return _Active(segment, obj, wanted, looks_at(obj, wanted), segments_in(wanted))


def _follow_one(db: Db, ctx: AccountContext, active: _Active | None, changes: Changes) -> Moved:
    if active is None or not (
        active.looks_at & changes.records.keys() or active.asks_for & changes.moved.keys()
    ):
        return Moved()
    segment, obj, wanted, *_ = active
    asked = reading(ctx, segment)
    with db.cursor() as cursor:
        ids = affected(cursor, obj, wanted, changes, asked)
    result = Moved()
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        result += move(db, ctx, segment, compile_ids(obj, wanted, asked, among=some), among=some)
    return result


def _follow_static(
    db: Db, ctx: AccountContext, segments: list[Segment], events: list[Happened], changes: Changes
) -> Moved:
    """Records that are deleted leave what they were put into; the one that a record is merged into takes its place."""
    result = Moved()
    for survivor, other in _merged(events):
        for segment, _own in _with_member(db, ctx, segments, [other]):
            only = Sql(
                "SELECT unnest(%(survivor)s::bigint[])", {"account_id": ctx.id, "survivor": [survivor]}
            )
            result += move(db, ctx, segment, only, among=[survivor])
    ids = sorted({id_ for found in changes.records.values() for id_ in found})
    for segment, own in _with_member(db, ctx, segments, ids):
        obj = get_object(segment.object)
        result += move(db, ctx, segment, compile_ids(obj, Filter(), reading(ctx), among=own), among=own)
    return result


def _merged(events: list[Happened]) -> list[tuple[int, int]]:
    return [
        (event.object_id, int(json.loads(event.data)["merged"]))
        for event in events
        if event.kind.endswith(".merged")
    ]


def _with_member(
    db: Db, ctx: AccountContext, segments: list[Segment], ids: list[int]
) -> list[tuple[Segment, list[int]]]:
    """Those of the segments that have any of the records as members, and which."""
    rows = db.execute(
        "SELECT segment_id, array_agg(record_id) FROM segment_member "
        "WHERE account_id = %s AND record_id = ANY(%s) AND segment_id = ANY(%s) GROUP BY segment_id",
        [ctx.id, ids, [each.id for each in segments]],
    ).fetchall()
    by_id = {each.id: each for each in segments}
    return [(by_id[number], members) for number, members in rows]
