"""Whether segments have the members that they should have."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.query import FilterError, compile_ids
from kalends.segments.segment import filter_of, read_segments, reading

Db = Connection[Any]


class Differs(NamedTuple):
    """A segment that is not what its filter finds: records that are missing, and some that should not be there."""

    segment_id: int
    name: str
    missing: tuple[int, ...]
    too_many: tuple[int, ...]
    miscounted: bool


def check_segments(db: Db, ctx: AccountContext) -> list[Differs]:
    """The active segments, brought up to date before, whose members are not what their filters find."""
    found: list[Differs] = []
    for segment in read_segments(db, ctx):
        if not segment.is_active or segment.is_waiting:
            continue
        try:
            obj, wanted = filter_of(db, ctx, segment)
        except FilterError:
            continue
        sql = compile_ids(obj, wanted, reading(ctx, segment))
        right = {row[0] for row in db.execute(sql.text, sql.params).fetchall()}  # type: ignore[arg-type]
        query = "SELECT record_id FROM segment_member WHERE account_id = %s AND segment_id = %s"
        members = {row[0] for row in db.execute(query, [ctx.id, segment.id]).fetchall()}
        differs = Differs(
            segment.id,
            segment.name,
            tuple(sorted(right - members)),
            tuple(sorted(members - right)),
            segment.size != len(members),
        )
        if any(differs[2:]):
            found.append(differs)
    return found
