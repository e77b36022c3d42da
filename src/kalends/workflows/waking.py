"""Enrollments that wait for an event: those to which it occurs go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kalends.accounts.context import AccountContext
from kalends.events.feed import Happened
from kalends.workflows import occurring
from kalends.workflows.definition import WaitForEvent
from kalends.workflows.flows import Db, Flows
from kalends.workflows.places import Place, Result, write_back


def wake(db: Db, ctx: AccountContext, flows: Flows, events: Sequence[Happened]) -> int:
    """Let enrollments go on whose event is among these; says how many there were."""
    concerned = {id_ for each in events for id_ in (each.object_id, each.parent_id) if id_ is not None}
    rows = db.execute(
        "SELECT id, workflow_id, version, record_id, action, done, depth, waits_after FROM enrollment "
        "WHERE account_id = %s AND record_id = ANY(%s) AND ended_at IS NULL AND waits_after IS NOT NULL "
        "ORDER BY id FOR UPDATE",
        [ctx.id, sorted(concerned)],
    ).fetchall()
    woken: list[Place] = []
    for row in rows:
        place = Place(*row)
        flow = flows.flow(place.workflow_id, place.version)
        action = None if isinstance(flow, str) else flow.made.actions.get(place.action)
        if isinstance(flow, str) or not isinstance(action, WaitForEvent):
            continue
        later = replace(flow, since=place.waits_after or 0)
        found = occurring.occurred(later, action.occurrence, events)
        if place.record_id in found:
            place.take(action, Result("done", f"event {found[place.record_id]}", action.next))
            if place.status == "active":
                place.due_at = ctx.now
            woken.append(place)
    write_back(db, ctx, woken)
    return len(woken)
