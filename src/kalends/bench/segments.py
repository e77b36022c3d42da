"""What a segment costs: finding its members for the first time, and following records that change.

The floor is the bare SQL of the filter whose answer is written once, into a table with a primary key and nothing else.
A segment compares with the members that there are, writes who joined and who left into the journal, keeps its size, and
for changes reads the journal and asks which records they could concern.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account, load
from kalends.bench.api_book import CHUNK
from kalends.bench.bare import make_bare_tables
from kalends.bench.measure import Meter, Progress, beside, settle_tables
from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.platform.scratch import scratch_database
from kalends.query import compile_ids
from kalends.segments.evaluation import evaluate, keep
from kalends.segments.segment import filter_of, find_segment, reading
from kalends.segments.services import create_segment

_FILTER = {"groups": [[{"property": "city", "operator": "is_any_of", "values": ["Oslo"]}]]}
_MOVE = """
WITH moving AS (
    SELECT id FROM contact WHERE account_id = %(account_id)s AND city = 'Bergen' ORDER BY id LIMIT %(count)s
),
changed AS (
    UPDATE contact AS c SET city = 'Oslo', updated_at = %(now)s FROM moving
    WHERE c.account_id = %(account_id)s AND c.id = moving.id RETURNING c.id
)
INSERT INTO event (account_id, at, actor, kind, object_type, object_id, data)
SELECT %(account_id)s, %(now)s, 'api:1', 'contact.updated', 'contact', id, '{"changes": {"city": ["Bergen", "Oslo"]}}'
FROM changed RETURNING object_id
"""


def bench_segments(
    contacts: int, changes: int, progress: Progress = lambda step, done: None
) -> dict[str, Any]:
    """Make contacts, let a segment find those in Oslo, and let others move there; returns the figures of both.

    Everything happens in a database of its own, which is dropped afterwards.
    """
    with scratch_database("kalends_bench"), database.connect(autocommit=True) as db:
        ctx = _make_contacts(db, contacts, progress)
        settle_tables()
        segment = create_segment(db, ctx, name="In Oslo", object="contact", kind="active", filter=_FILTER)
        with database.connect(as_owner=True, autocommit=True) as owner:
            enter_account(owner, ctx.id)
            make_bare_tables(owner, ["segment_member"])
            progress("finding members", 0)
            first = _found(db, owner, ctx, segment)
            settle_tables()
            progress("following changes", 0)
            followed = _followed(db, owner, ctx, segment, changes)
    return {"contacts": contacts, "members": contacts - contacts // 2, "first": first, "changes": followed}


def _make_contacts(db: Connection[Any], contacts: int, progress: Progress) -> AccountContext:
    ctx = create_account(
        db, name="Benchmark", time_zone="Europe/Oslo", currency="EUR", now=system_now() - timedelta(days=1)
    )
    enter_account(db, ctx.id)
    for first in range(0, contacts, CHUNK):
        count = min(CHUNK, contacts - first)
        params = {"account_id": ctx.id, "now": ctx.now, "first": first, "count": count}
        db.execute(load("kalends.bench", "fill_contacts"), params)
        progress("making contacts", first + count)
    return ctx


def _found(db: Connection[Any], owner: Connection[Any], ctx: AccountContext, segment: int) -> dict[str, Any]:
    floor = _filtered(db, owner, ctx, segment, None)
    meter = Meter()
    with meter.running():
        moved = evaluate(db, ctx, segment)
    size = find_segment(db, ctx, segment).size
    assert moved is not None
    assert moved.joined == size > 0
    return beside(size, meter.wall, floor, meter)


def _followed(
    db: Connection[Any], owner: Connection[Any], ctx: AccountContext, segment: int, changes: int
) -> dict[str, Any]:
    rows = db.execute(_MOVE, {"account_id": ctx.id, "now": ctx.now, "count": changes}).fetchall()
    moving = [row[0] for row in rows]
    owner.execute("TRUNCATE bare.segment_member")
    floor = _filtered(db, owner, ctx, segment, moving)
    meter = Meter()
    with meter.running():
        kept = keep(db, ctx)
    assert kept.joined == len(moving), f"{kept} instead of {len(moving)} who joined"
    return beside(len(moving), meter.wall, floor, meter)


def _filtered(
    db: Connection[Any], owner: Connection[Any], ctx: AccountContext, segment: int, among: list[int] | None
) -> float:
    """Seconds that the filter alone takes, with its answer written once."""
    one = find_segment(db, ctx, segment)
    obj, wanted = filter_of(db, ctx, one)
    passing = compile_ids(obj, wanted, reading(ctx, one), among=among)
    written = (
        "INSERT INTO bare.segment_member (account_id, segment_id, record_id, added_at) "
        f"SELECT %(account_id)s, %(segment)s, found.id, %(now)s FROM ({passing.text}) AS found (id)"
    )
    began = time.perf_counter()
    owner.execute(written, {**passing.params, "segment": segment, "now": ctx.now})  # type: ignore[arg-type]
    return time.perf_counter() - began
