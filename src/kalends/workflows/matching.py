"""From the journal to enrollments: one cursor for all workflows of an account, moved with what is done about it.

A step of the journal tells which records may pass a filter differently now (:mod:`kalends.query.affected`, which
segments use too). They are asked about in blocks, so that a change costs what it concerns, however large the account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, LiteralString, NamedTuple, cast

from psycopg import Cursor

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import integers
from kalends.events.feed import Happened, read_feed, settled_until
from kalends.query import Filter, compile_ids
from kalends.query.affected import Changes, affected, changes_of
from kalends.workflows.chains import Key, chains_of, chains_to
from kalends.workflows.definition import Occurrence, OnEvent
from kalends.workflows.enrolling import Chain, admit, end, leaving
from kalends.workflows.flows import Db, Flow, Flows, asking, passing
from kalends.workflows.occurring import occurred
from kalends.workflows.waking import wake

EVENTS_IN_A_STEP = 1_000


class Step(NamedTuple):
    """What a step of the journal came to: how many came in, and whether more is there to read."""

    enrolled: int = 0
    more: bool = False


def read_journal(db: Db, ctx: AccountContext, flows: Flows) -> Step:
    """Read on in the journal, by up to a thousand events, and let in, wake and take out whom they concern.

    ``db`` must not be inside a transaction. Of two at the same moment one does it and the other does nothing.
    """
    with db.transaction():
        row = db.execute(
            "SELECT after FROM workflow_cursor WHERE account_id = %s FOR UPDATE SKIP LOCKED", [ctx.id]
        ).fetchone()
        if row is None:
            return Step()
        page = read_feed(db, ctx, after=row[0], limit=EVENTS_IN_A_STEP)
        enrolled = 0
        if page.events:
            told = _Told(db, ctx, page.events)
            wake(db, ctx, flows, page.events)
            for flow in flows.active():
                enrolled += _react(db, ctx, flow, told)
        if page.after > row[0]:
            db.execute("UPDATE workflow_cursor SET after = %s WHERE account_id = %s", [page.after, ctx.id])
    return Step(enrolled, page.more)


def begin_reading(db: Db, ctx: AccountContext) -> int:
    """Have a cursor on the journal, and say from which event on a workflow that is turned on now looks at it.

    While nobody was on, nothing was read: the cursor then goes to the end.
    """
    settled = settled_until(db, ctx)
    db.execute(
        "INSERT INTO workflow_cursor AS c (account_id, after) VALUES (%(account_id)s, %(settled)s) "
        "ON CONFLICT (account_id) DO UPDATE SET after = greatest(c.after, EXCLUDED.after) "
        "WHERE NOT EXISTS (SELECT FROM workflow AS w WHERE w.account_id = %(account_id)s AND w.is_on) "
        "AND NOT EXISTS (SELECT FROM enrollment AS e WHERE e.account_id = %(account_id)s AND e.ended_at IS NULL)",
        {"account_id": ctx.id, "settled": settled},
    )
    return settled


class _Told:
    """A step of the journal, as workflows look at it."""

    def __init__(self, db: Db, ctx: AccountContext, events: Sequence[Happened]) -> None:
        self.events = events
        self.changes: Changes = changes_of(events)
        self.chains: Mapping[Key, Chain] = chains_of(db, ctx, events)


def _react(db: Db, ctx: AccountContext, flow: Flow, told: _Told) -> int:
    """What a step means for one workflow."""
    chains = chains_to(db, ctx, flow, flow.made.matching, told.chains)
    enrolled = 0
    if flow.made.matching is not None and told.changes:
        near = _near(db, ctx, flow, flow.made.matching, told.changes)
        moved = _moved(flow, told.events)
        enrolled += look_again(db, ctx, flow, near, f"event {told.events[-1].id}", chains, moved=moved)
    for trigger in flow.made.triggers:
        if isinstance(trigger, OnEvent):
            happened = occurred(flow, trigger.occurrence, told.events)
            ids = passing(db, ctx, flow.object, trigger.filter, list(happened)) if happened else []
            natural = {id_: f"event {happened[id_]}" for id_ in ids}
            enrolled += len(admit(db, ctx, flow, ids, natural, chains))
    if told.changes:
        _leave(db, ctx, flow, told.changes)
    return enrolled


def look_again(
    db: Db,
    ctx: AccountContext,
    flow: Flow,
    ids: Collection[int] | None,
    occasion: str,
    chains: Mapping[int, Chain] | None = None,
    *,
    enroll: bool = True,
    moved: Collection[int] | None = None,
) -> int:
    """See who passes the filter trigger now, of some records or (None) of all; whoever does so newly comes in.

    Where records come in again with each value of a property, so do those of whom it may have changed (``moved``, None
    being any of them). Says how many came in.
    """
    assert flow.made.matching is not None
    if ids is not None and not ids:
        return 0
    now = passing(db, ctx, flow.object, flow.made.matching, None if ids is None else list(ids))
    params = {
        "account_id": ctx.id,
        "workflow": flow.id,
        "now": integers(now),
        "all": ids is None,
        "ids": integers(ids or ()),
    }
    fresh = db.execute(
        "INSERT INTO workflow_match (account_id, workflow_id, record_id) "
        "SELECT %(account_id)s, %(workflow)s, id FROM unnest(%(now)s::bigint[]) AS id "
        "ON CONFLICT DO NOTHING RETURNING record_id",
        params,
    ).fetchall()
    gone = db.execute(
        "DELETE FROM workflow_match AS m WHERE m.account_id = %(account_id)s AND m.workflow_id = %(workflow)s "
        "AND (%(all)s OR m.record_id = ANY(%(ids)s::bigint[])) "
        "AND NOT EXISTS (SELECT FROM unnest(%(now)s::bigint[]) AS id WHERE id = m.record_id) RETURNING record_id",
        params,
    ).fetchall()
    if flow.made.leave_when_unmet and gone:
        end(db, ctx, flow.id, "left", "unmet", [row[0] for row in gone])
    if not enroll:
        return 0
    wanted = {row[0] for row in fresh}
    if flow.made.again.when == "each_value":
        wanted |= set(now) if moved is None else set(now) & set(moved)
    return len(admit(db, ctx, flow, wanted, occasion, chains))


_MARK = """
INSERT INTO workflow_match (account_id, workflow_id, record_id)
SELECT %(account_id)s, %(workflow)s, p.id FROM ({passing}) AS p (id)
ON CONFLICT DO NOTHING
"""
_FORGET = """
DELETE FROM workflow_match AS m
WHERE m.account_id = %(account_id)s AND m.workflow_id = %(workflow)s AND m.record_id = ANY(ARRAY(
    SELECT record_id FROM workflow_match WHERE account_id = %(account_id)s AND workflow_id = %(workflow)s
    EXCEPT SELECT p.id FROM ({passing}) AS p (id)
))
RETURNING m.record_id
"""
_NOT_IN_YET = """
SELECT f.id FROM (
    SELECT p.id FROM ({passing}) AS p (id)
    EXCEPT SELECT record_id FROM workflow_match WHERE account_id = %(account_id)s AND workflow_id = %(workflow)s
) AS f (id)
ORDER BY f.id LIMIT %(most)s
"""
# EXCEPT sorts or hashes, whatever the planner expects; NOT IN could walk one side for each row of the other.


def mark_passing(db: Db, ctx: AccountContext, flow: Flow) -> None:
    """Note who passes the filter trigger now, and let none of them in: two statements, however many they are."""
    _about_all(db, ctx, flow, _MARK)
    gone = _about_all(db, ctx, flow, _FORGET).fetchall()
    if flow.made.leave_when_unmet and gone:
        end(db, ctx, flow.id, "left", "unmet", [row[0] for row in gone])


def let_in_passing(db: Db, ctx: AccountContext, flow: Flow, most: int) -> Step:
    """Let in some of those who pass the filter trigger and whom nobody has looked at; says whether more are there."""
    rows = _about_all(db, ctx, flow, _NOT_IN_YET, most=most).fetchall()
    came = look_again(db, ctx, flow, [row[0] for row in rows], f"turned on {ctx.now.isoformat()}")
    return Step(came, len(rows) == most)


def _about_all(db: Db, ctx: AccountContext, flow: Flow, query: str, **more: int) -> Cursor[Any]:
    assert flow.made.matching is not None
    passing_now = compile_ids(flow.object, flow.made.matching, asking(ctx))
    params = {**passing_now.params, "account_id": ctx.id, "workflow": flow.id, **more}
    return db.execute(cast("LiteralString", query.format(passing=passing_now.text)), params)


def _moved(flow: Flow, events: Sequence[Happened]) -> Collection[int] | None:
    """Of which records the property changed whose values bring them in again; None where that cannot be told, since the
    property is worked out when it is read."""
    name = flow.made.again.property
    if not name or not flow.object.by_name[name].journal_name:
        return None
    return occurred(flow, Occurrence(changed=(name,)), events)


def _near(db: Db, ctx: AccountContext, flow: Flow, wanted: Filter, changes: Changes) -> list[int]:
    with db.cursor() as cursor:
        return affected(cursor, flow.object, wanted, changes, asking(ctx))


def _leave(db: Db, ctx: AccountContext, flow: Flow, changes: Changes) -> None:
    """Take out who meets the goal, the conditions for leaving, or those that keep it out."""
    near: set[int] = set()
    for wanted in (flow.made.suppress, flow.made.leave, flow.made.goal):
        if wanted is not None:
            near |= set(_near(db, ctx, flow, wanted, changes))
    if near:
        take_out(db, ctx, flow, near)


def take_out(db: Db, ctx: AccountContext, flow: Flow, near: Collection[int] | None = None) -> None:
    """End the enrollments of those who leave now, of some records or of all."""
    rows = db.execute(
        "SELECT record_id FROM enrollment WHERE account_id = %s AND workflow_id = %s AND ended_at IS NULL "
        "AND (%s OR record_id = ANY(%s::bigint[]))",
        [ctx.id, flow.id, near is None, sorted(near or ())],
    ).fetchall()
    by_reason: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for id_, why in leaving(db, ctx, flow, [row[0] for row in rows]).items():
        by_reason[why].append(id_)
    for (status, reason), ids in by_reason.items():
        end(db, ctx, flow.id, status, reason, ids)
