"""Testing a workflow with a record: everything is done as it would be, and taken back.

So a test tells the truth also of what rules refuse and of branches that look at what was written a step before. Time is
passed over: a wait is told, and the next step is done at the moment at which it would end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from kalends.accounts.context import AccountContext
from kalends.query import Filter
from kalends.workflows.actions import do_action
from kalends.workflows.actions.block import Block
from kalends.workflows.definition import NAMES, Action, OnEvent, OnMatch, OnSchedule, WaitForEvent
from kalends.workflows.enrolling import kept_out
from kalends.workflows.flows import Db, Flow, Flows, find_workflow, passing
from kalends.workflows.places import Place, Result
from kalends.workflows.services import WorkflowRefused, check_definition
from kalends.workflows.timers import due_records

STEPS_MOST = 200


class Step(NamedTuple):
    """What an action would do, at a moment; ``outcome`` and ``note`` as in the log."""

    action: str
    kind: str
    outcome: str
    note: str
    at: datetime


class Trial(NamedTuple):
    """What would become of a record: whether a trigger lets it in now, and whether something keeps it out; and then
    each step, as if it were in."""

    meets_trigger: bool
    kept_out: bool
    steps: list[Step]


def try_out(
    db: Db,
    ctx: AccountContext,
    record_id: int,
    *,
    workflow_id: int,
    definition: Mapping[str, Any] | None = None,
) -> Trial:
    """Test a workflow, or another definition of it that was not saved yet, with a record. Nothing of it stays.

    Raises ``UnknownWorkflow``, ``DefinitionError`` and :class:`WorkflowRefused` when there is no such record.
    """
    stored = find_workflow(db, ctx, workflow_id)
    flows = Flows(db, ctx)
    flow = flows.flow(workflow_id, stored.version)
    if definition is not None:
        made = check_definition(db, ctx, definition)
        flow = Flow(workflow_id, stored.version + 1, flows.object(made.object), made, name=stored.name)
    if isinstance(flow, str):
        raise WorkflowRefused("broken", flow)
    if not passing(db, ctx, flow.object, Filter(), [record_id]):
        raise WorkflowRefused("record", f"There is no {flow.object.name} {record_id}.")
    out = bool(kept_out(db, ctx, flow, [record_id]))
    meets = _meets(db, ctx, flow, record_id)
    with db.transaction(force_rollback=True):
        return Trial(meets, out, _walk(db, ctx, flows, flow, record_id))


def _meets(db: Db, ctx: AccountContext, flow: Flow, record_id: int) -> bool:
    """Whether a trigger would let the record in at this moment, as far as filters and dates decide it."""
    for trigger in flow.made.triggers:
        if isinstance(trigger, OnMatch | OnSchedule | OnEvent):
            if passing(db, ctx, flow.object, trigger.filter, [record_id]):
                return True
        elif record_id in due_records(db, ctx, flow, trigger)[0]:
            return True
    return False


def _walk(db: Db, ctx: AccountContext, flows: Flows, flow: Flow, record_id: int) -> list[Step]:
    place = Place(0, flow.id, flow.version, record_id, flow.made.start, 0, 0)
    steps: list[Step] = []
    while place.status == "active" and len(steps) < STEPS_MOST:
        action = flow.made.actions.get(place.action)
        if action is None:
            break
        result = _do(Block(db, ctx, flows, flow), action, place)
        steps.append(Step(action.id, NAMES[type(action)], result.outcome, result.note, ctx.now))
        moment = result.due_at or ctx.now
        if isinstance(action, WaitForEvent):  # as if it occurred at once
            result, moment = result._replace(next=action.next, waits_after=None), ctx.now
        place.take(action, result._replace(due_at=None))
        ctx = replace(ctx, now=max(moment, ctx.now))
    return steps


def _do(block: Block, action: Action, place: Place) -> Result:
    try:
        with block.db.transaction():
            return do_action(block, action, [place])[place.id]
    except Exception as problem:  # noqa: BLE001 - as in a block: it is told, and the next step is done
        return Result("failed", str(problem).partition("\n")[0] or type(problem).__name__, action.next)
