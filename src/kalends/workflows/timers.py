"""What is due by the clock: schedules, dates that records have, and the look at midnight.

Each trigger has one row that says when it is next due. Its moment is done by one statement over the records, in the
transaction that moves the row on, so it happens once; moments that were missed are made up for in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from kalends.accounts.context import AccountContext
from kalends.core.calendar import local_date
from kalends.core.timetable import Rhythm
from kalends.query import Condition, Filter, Operator
from kalends.query.affected import follows_the_day
from kalends.workflows.definition import OnDate, OnSchedule, Trigger
from kalends.workflows.enrolling import admit
from kalends.workflows.flows import Db, Flow, Flows, passing
from kalends.workflows.matching import let_in_passing, look_again, take_out

MIDNIGHT, EXISTING = 0, -1
"""The places of the look at midnight, and of letting in who passed already when it was turned on; triggers have their
own from 1 on."""
EXISTING_AT_ONCE = 20_000
"""How many of those come in at once: the first for whoever turns it on, the others with the turns of the worker."""

_AT_MIDNIGHT = Rhythm("day", time(0))


def set_timers(db: Db, ctx: AccountContext, flow: Flow, before: Flow | None = None) -> None:
    """Say when each trigger of a workflow is due next, from now on.

    What was said before is forgotten, but for triggers that already had their times in the version ``before``: what is
    due by those and was not done yet is still done.
    """
    was, wanted = dict(_rhythms(before)) if before else {}, dict(_rhythms(flow))
    kept = [place for place, rhythm in wanted.items() if was.get(place) == rhythm]
    kept += [EXISTING] if before and flow.made.matching is not None else []
    db.execute(
        "DELETE FROM workflow_timer WHERE account_id = %s AND workflow_id = %s AND place <> ALL(%s::smallint[])",
        [ctx.id, flow.id, kept],
    )
    for place, rhythm in wanted.items():
        if place in kept:
            continue
        db.execute(
            "INSERT INTO workflow_timer (account_id, workflow_id, place, next_at) VALUES (%s, %s, %s, %s)",
            [ctx.id, flow.id, place, rhythm.after(ctx.now, ctx.time_zone)],
        )


def let_in_existing(db: Db, ctx: AccountContext, flow: Flow) -> int:
    """Let those in who pass its filter trigger already, the first ones now; says how many came."""
    db.execute(
        "INSERT INTO workflow_timer (account_id, workflow_id, place, next_at) VALUES (%s, %s, %s, %s)",
        [ctx.id, flow.id, EXISTING, ctx.now],
    )
    return _let_in_more(db, ctx, flow)


def _let_in_more(db: Db, ctx: AccountContext, flow: Flow) -> int:
    """Let some more of them in, and once there are none, ask for them no more."""
    step = let_in_passing(db, ctx, flow, EXISTING_AT_ONCE)
    place = [ctx.id, flow.id, EXISTING]
    if step.more:  # behind everything that was due before
        query = (
            "UPDATE workflow_timer SET next_at = %s WHERE account_id = %s AND workflow_id = %s AND place = %s"
        )
        db.execute(query, [ctx.now, *place])
    else:
        db.execute(
            "DELETE FROM workflow_timer WHERE account_id = %s AND workflow_id = %s AND place = %s", place
        )
    return step.enrolled


def clear_timers(db: Db, ctx: AccountContext, workflow_id: int) -> None:
    """Nothing of a workflow is due by the clock any more."""
    db.execute("DELETE FROM workflow_timer WHERE account_id = %s AND workflow_id = %s", [ctx.id, workflow_id])


def _rhythms(flow: Flow) -> Iterator[tuple[int, Rhythm]]:
    for place, trigger in enumerate(flow.made.triggers, 1):
        if isinstance(trigger, OnSchedule):
            yield place, trigger.rhythm
        elif isinstance(trigger, OnDate):
            yield place, Rhythm("day", trigger.around.at)
    made = flow.made
    if any(_follows(flow, each) for each in (made.matching, made.suppress, made.leave, made.goal)):
        yield MIDNIGHT, _AT_MIDNIGHT


def _follows(flow: Flow, wanted: Filter | None) -> bool:
    return wanted is not None and follows_the_day(flow.object, wanted)


def run_timer(db: Db, ctx: AccountContext, flows: Flows) -> int | None:
    """Do what is due first of all that is due by the clock; says how many came in, and None when nothing was due.

    ``db`` must not be inside a transaction.
    """
    with db.transaction():
        row = db.execute(
            "SELECT workflow_id, place, next_at FROM workflow_timer WHERE account_id = %s AND next_at <= %s "
            "ORDER BY next_at, workflow_id, place LIMIT 1 FOR UPDATE SKIP LOCKED",
            [ctx.id, ctx.now],
        ).fetchone()
        if row is None:
            return None
        workflow_id, place, moment = row
        flow = next((each for each in flows.active() if each.id == workflow_id), None)
        if flow is not None and place == EXISTING:
            return _let_in_more(db, ctx, flow)
        rhythm = None if flow is None else dict(_rhythms(flow)).get(place)
        if flow is None or rhythm is None:  # it cannot run at present; its next moment is looked for then
            rhythm = _AT_MIDNIGHT
            came = 0
        else:
            came = _due(db, ctx, flow, place, moment)
        db.execute(
            "UPDATE workflow_timer SET next_at = %s WHERE account_id = %s AND workflow_id = %s AND place = %s",
            [rhythm.after(moment, ctx.time_zone), ctx.id, workflow_id, place],
        )
    return came


def _due(db: Db, ctx: AccountContext, flow: Flow, place: int, moment: datetime) -> int:
    """Let in whom a trigger means at its moment. Records are looked at as of that moment's day."""
    then = replace(ctx, now=moment)
    if place == MIDNIGHT:
        take_out(db, then, flow)
        if not _follows(flow, flow.made.matching):
            return 0
        again = flow.made.again.property
        kept = bool(again and flow.object.by_name[again].journal_name)  # its changes are told by the journal
        return look_again(db, then, flow, None, f"day {then.today}", moved=() if kept else None)
    trigger = flow.made.triggers[place - 1]
    ids, occasion = due_records(db, then, flow, trigger)
    return len(admit(db, ctx, flow, ids, occasion))


def due_records(db: Db, ctx: AccountContext, flow: Flow, trigger: Trigger) -> tuple[list[int], str]:
    """The records that a schedule or a date means at ``ctx.now``, and the occasion on which they come in."""
    if isinstance(trigger, OnDate):
        day = local_date(ctx.now, ctx.time_zone) - timedelta(days=trigger.around.days)
        bounds = (
            Condition(trigger.around.property, Operator.ON_OR_AFTER, (day,)),
            Condition(trigger.around.property, Operator.ON_OR_BEFORE, (day,)),
        )
        groups = trigger.filter.groups or ((),)
        wanted = Filter(tuple((*bounds, *group) for group in groups))
        return passing(db, ctx, flow.object, wanted), f"{trigger.around.property} {day}"
    assert isinstance(trigger, OnSchedule), "only these two are due by the clock"
    return passing(db, ctx, flow.object, trigger.filter), f"schedule {ctx.now.isoformat()}"


def next_timer(db: Db, ctx: AccountContext) -> datetime | None:
    """When something is next due by the clock."""
    row = db.execute("SELECT min(next_at) FROM workflow_timer WHERE account_id = %s", [ctx.id]).fetchone()
    return None if row is None else row[0]


def timers_of(db: Db, ctx: AccountContext, workflow_id: int) -> dict[int, datetime]:
    """When the triggers of a workflow are next due, by their place."""
    rows = db.execute(
        "SELECT place, next_at FROM workflow_timer WHERE account_id = %s AND workflow_id = %s ORDER BY place",
        [ctx.id, workflow_id],
    ).fetchall()
    return dict(rows)
