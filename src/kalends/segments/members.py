"""Who joins a segment and who leaves it: one statement, however many they are, that also tells the journal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.registry import get_object
from kalends.query import Filter, Sql, compile_ids
from kalends.segments.segment import Segment, SegmentRefused, find_segment, reading

Db = Connection[Any]
AT_ONCE = 5_000
"""How many records are asked about in one statement, where they are known by number."""

_MOVE = """
WITH passing (id) AS MATERIALIZED ({passing}),
had (id) AS MATERIALIZED (
    SELECT m.record_id FROM segment_member m WHERE m.account_id = %(account_id)s AND m.segment_id = %(segment)s {among}
),
joined (id) AS (
    INSERT INTO segment_member (account_id, segment_id, record_id, added_at)
    SELECT %(account_id)s, %(segment)s, fresh.id, %(now)s
    FROM (SELECT id FROM passing EXCEPT SELECT id FROM had) AS fresh (id)
    ON CONFLICT DO NOTHING RETURNING record_id
),
gone (id) AS (
    DELETE FROM segment_member m WHERE m.account_id = %(account_id)s AND m.segment_id = %(segment)s
    AND m.record_id = ANY(ARRAY(SELECT id FROM had EXCEPT SELECT id FROM passing)) RETURNING m.record_id
),
moved AS (SELECT id, TRUE AS came FROM joined UNION ALL SELECT id, FALSE FROM gone),
parts AS (SELECT id, came, (row_number() OVER (ORDER BY id) - 1) / 1000 AS part FROM moved),
told AS (
    INSERT INTO event (account_id, at, actor, kind, object_type, object_id, data)
    SELECT %(account_id)s, %(now)s, %(actor)s, 'segment.moved', 'segment', %(segment)s, jsonb_strip_nulls(
        jsonb_build_object(
            'object', %(object)s::text,
            'joined', jsonb_agg(id ORDER BY id) FILTER (WHERE came),
            'left', jsonb_agg(id ORDER BY id) FILTER (WHERE NOT came)
        )
    ) || %(more)s::jsonb
    FROM parts GROUP BY part ORDER BY part
),
sized AS (
    UPDATE segment SET size = size + (SELECT count(*) FROM joined) - (SELECT count(*) FROM gone)
    WHERE account_id = %(account_id)s AND id = %(segment)s AND EXISTS (SELECT FROM moved)
)
SELECT count(*) FILTER (WHERE came), count(*) FILTER (WHERE NOT came) FROM moved
"""
# The two EXCEPTs sort or hash, whatever the planner expects of an account; a join of the two could walk one for each
# row of the other (docs/decisions/0002).


class Moved(NamedTuple):
    """How many records joined a segment, and how many left it."""

    joined: int = 0
    left: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.joined + other.joined, self.left + other.left)


def move(
    db: Db,
    ctx: AccountContext,
    segment: Segment,
    passing: Sql,
    *,
    among: Sequence[int] | None = None,
    actor: str = "system",
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Moved:
    """Let the members of a segment be the records that ``passing`` finds; ``among`` speaks of these records only.

    The journal is told in the same statement, with ``more`` beside the numbers of who joined and who left.
    """
    params = {
        **passing.params,
        "segment": segment.id,
        "object": segment.object,
        "now": ctx.now,
        "actor": actor,
        "more": json.dumps(dict(more)),
        "among": None if among is None else list(among),
    }
    narrowed = "" if among is None else "AND m.record_id = ANY(%(among)s::bigint[])"
    row = db.execute(_MOVE.format(passing=passing.text, among=narrowed), params).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return Moved(*row)


def add_members(db: Db, ctx: AccountContext, segment_id: int, ids: Sequence[int], actor: str) -> Moved:
    """Take living records into a static segment by hand; those that are members already stay as they are.

    Raises :class:`~kalends.segments.segment.SegmentRefused`.
    """
    segment = static_segment(db, ctx, segment_id)
    obj, result = get_object(segment.object), Moved()
    for some in _parts(ids):
        result += move(
            db, ctx, segment, compile_ids(obj, Filter(), reading(ctx), among=some), among=some, actor=actor
        )
    return result


def remove_members(db: Db, ctx: AccountContext, segment_id: int, ids: Sequence[int], actor: str) -> Moved:
    """Let records go from a static segment by hand. Raises :class:`~kalends.segments.segment.SegmentRefused`."""
    segment = static_segment(db, ctx, segment_id)
    nobody = Sql("SELECT NULL::bigint WHERE FALSE", {"account_id": ctx.id})
    result = Moved()
    for some in _parts(ids):
        result += move(db, ctx, segment, nobody, among=some, actor=actor)
    return result


def static_segment(db: Db, ctx: AccountContext, id_: int) -> Segment:
    """A segment whose members are chosen by hand. Raises :class:`~kalends.segments.segment.SegmentRefused`."""
    segment = find_segment(db, ctx, id_)
    if segment.is_active:
        raise SegmentRefused(
            "not_static",
            f"The members of {segment.name!r} follow from its filter: convert it to a static one first.",
        )
    return segment


def _parts(ids: Sequence[int]) -> list[list[int]]:
    distinct = list(dict.fromkeys(ids))
    return [distinct[start : start + AT_ONCE] for start in range(0, len(distinct), AT_ONCE)]


def members_of(
    db: Db, ctx: AccountContext, segment_id: int, *, after: int = 0, limit: int = 100
) -> list[tuple[int, Any]]:
    """Members by number, and since when; those behind a number."""
    return db.execute(
        "SELECT record_id, added_at FROM segment_member WHERE account_id = %s AND segment_id = %s AND record_id > %s "
        "ORDER BY record_id LIMIT %s",
        [ctx.id, segment_id, after, limit],
    ).fetchall()


def segments_of(db: Db, ctx: AccountContext, record_id: int) -> list[tuple[int, str, Any]]:
    """The living segments of which a record is a member, by name, and since when."""
    return db.execute(
        "SELECT s.id, s.name, m.added_at FROM segment_member m "
        "JOIN segment s ON s.account_id = m.account_id AND s.id = m.segment_id "
        "WHERE m.account_id = %s AND m.record_id = %s AND s.archived_at IS NULL ORDER BY lower(s.name), s.id",
        [ctx.id, record_id],
    ).fetchall()
