"""Owners, one or in turn, and tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from kalends.core.calendar import wall_instant
from kalends.workflows.actions.block import OWNER, Block
from kalends.workflows.actions.writing import write
from kalends.workflows.definition import Assign, MakeTask
from kalends.workflows.places import Place, Result
from kalends.workflows.tasks import NewTask, make_tasks


def assign(block: Block, action: Assign, places: Sequence[Place]) -> dict[int, Result]:
    """Give records an owner; where several are named, each has their turn, from one block to the next."""
    owners = next(iter(block.people(places[:1], action.to).values()))
    if not owners:
        return {
            p.id: Result("failed", "None of those named is in the account any more.", action.next)
            for p in places
        }
    has = {} if action.overwrite else block.owners(places)
    free = [place for place in places if place.record_id not in has]
    turn = _take_turns(block, action, len(free)) if len(owners) > 1 else 0
    chosen = {place.record_id: owners[(turn + nth) % len(owners)] for nth, place in enumerate(free)}
    problems = write(block, block.flow.object, {id_: {OWNER: str(user)} for id_, user in chosen.items()})
    found: dict[int, Result] = {}
    for place in places:
        if place.record_id in problems:
            found[place.id] = Result("failed", problems[place.record_id], action.next)
        elif place.record_id in chosen:
            found[place.id] = Result("done", f"{OWNER} = {chosen[place.record_id]}", action.next)
        else:
            found[place.id] = Result("skipped", "It has an owner.", action.next)
    return found


def _take_turns(block: Block, action: Assign, count: int) -> int:
    """Whose turn is first of the next ``count``; the row holds back other blocks until this one is committed."""
    row = block.db.execute(
        "INSERT INTO workflow_rotation AS r (account_id, workflow_id, action, turn) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT ON CONSTRAINT workflow_rotation_pkey DO UPDATE SET turn = r.turn + EXCLUDED.turn RETURNING turn",
        [block.ctx.id, block.flow.id, action.id, count],
    ).fetchone()
    assert row is not None
    return int(row[0]) - count


def make_task(block: Block, action: MakeTask, places: Sequence[Place]) -> dict[int, Result]:
    """Make a task about each record, for the first of those named who is there."""
    ctx = block.ctx
    due_at = wall_instant(ctx.today + timedelta(days=action.due_days), action.due_at, ctx.time_zone)
    people = block.people(places, action.to)
    texts = block.texts(places, action.subject, action.body)
    wanted = [
        NewTask(
            object=block.flow.object.name,
            record_id=place.record_id,
            subject=texts[place.record_id][0][:200] or action.subject,
            body=texts[place.record_id][1],
            priority=action.priority,
            owner_id=next(iter(people[place.record_id]), None),
            due_at=due_at,
            occasion=place.occasion,
        )
        for place in places
    ]
    make_tasks(block.db, ctx, wanted, block.flow.actor)
    return {
        place.id: Result(
            "done", "" if people[place.record_id] else "for nobody: it has no owner", action.next
        )
        for place in places
    }
