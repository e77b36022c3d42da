"""Doing what is next for enrolled records, in blocks: claimed, done action by action, and written, in one transaction.

Many records at the same action are done by the same statements. What an action does in the database is committed with
its line in the log or not at all, so a process that is killed leaves nothing half done, and the next one does it; what
goes outside (letters, webhooks) is only decided on here, under a key made of the enrollment and the action's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import psycopg

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.query import Filter
from kalends.workflows.actions import do_action
from kalends.workflows.actions.block import Block
from kalends.workflows.definition import WAITS, Action
from kalends.workflows.enrolling import leaving
from kalends.workflows.flows import Db, Flow, Flows, passing
from kalends.workflows.places import Place, Result, write_back

BLOCK_SIZE = 1_000
"""How many enrollments are in one block."""


def run_block(db: Db, ctx: AccountContext, flows: Flows, limit: int = BLOCK_SIZE) -> int:
    """Do what is due for up to ``limit`` enrollments that nobody else has in hand; says for how many.

    ``db`` must not be inside a transaction.
    """
    with db.transaction():
        params = {"account_id": ctx.id, "now": ctx.now, "limit": limit}
        places = [Place(*row) for row in db.execute(load("kalends.workflows", "claim"), params).fetchall()]
        places.sort(key=lambda place: (place.workflow_id, place.version, place.id))
        for (workflow_id, version), group in groupby(places, lambda p: (p.workflow_id, p.version)):
            _run(db, ctx, flows, flows.flow(workflow_id, version), list(group))
        write_back(db, ctx, places)
    return len(places)


def _run(db: Db, ctx: AccountContext, flows: Flows, flow: Flow | str, places: Sequence[Place]) -> None:
    """Lead records through a workflow, each until it waits or has come to its end."""
    if isinstance(flow, str):
        for place in places:
            place.leave("failed", flow)
        return
    _take_out(db, ctx, flow, places)
    block = Block(db, ctx, flows, flow)
    while True:
        _keep_hours(ctx, flow, places)
        ready = sorted(
            (place for place in places if place.at_work), key=lambda place: (place.action, place.id)
        )
        if not ready:
            return
        for id_, group in groupby(ready, lambda place: place.action):
            _do(block, flow.made.actions.get(id_), list(group))


def _take_out(db: Db, ctx: AccountContext, flow: Flow, places: Sequence[Place]) -> None:
    """End those whose record is gone, or meets a condition for leaving by now."""
    ids = [place.record_id for place in places]
    living = set(passing(db, ctx, flow.object, Filter(), ids))
    left = leaving(db, ctx, flow, sorted(living))
    for place in places:
        if place.record_id not in living:
            place.leave("gone", "gone")
        elif place.record_id in left:
            place.leave(*left[place.record_id])


def _keep_hours(ctx: AccountContext, flow: Flow, places: Sequence[Place]) -> None:
    """Outside the workflow's hours its actions wait until they begin; to wait, every hour is right."""
    hours = flow.made.hours
    if hours is None or hours.holds(ctx.now, ctx.time_zone):
        return
    opens = hours.opens(ctx.now, ctx.time_zone)
    for place in places:
        if place.at_work and not isinstance(flow.made.actions.get(place.action), WAITS):
            place.due_at = opens


def _do(block: Block, action: Action | None, places: Sequence[Place]) -> None:
    """One action for all who stand there; if that fails for some reason of its own, one by one."""
    if action is None:
        for place in places:
            place.leave("finished")
        return
    try:
        with block.db.transaction():
            results = do_action(block, action, places)
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except Exception as problem:  # noqa: BLE001 - whatever it is, the other records go on
        if len(places) > 1:
            for place in places:
                _do(block, action, [place])
            return
        words = str(problem).partition("\n")[0] or type(problem).__name__
        results = {places[0].id: Result("failed", words, action.next)}
    for place in places:
        place.take(action, results[place.id])
