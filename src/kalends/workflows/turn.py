"""One turn of an account's workflows: the journal, the clock, and what is due for who is in them, until nothing is.

A turn may be broken off and begun again at any point, and several may run at once: each step is a transaction that
somebody else's finds taken or done. The worker gives live accounts and sandboxes their turns; a sandbox's clock asks
for one at each moment to which it comes (:mod:`kalends.accounts.agenda`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kalends.accounts.agenda import Tool, register_tool
from kalends.accounts.context import AccountContext
from kalends.workflows.flows import Db, Flows
from kalends.workflows.matching import read_journal
from kalends.workflows.running import run_block
from kalends.workflows.timers import next_timer, run_timer

ROUNDS_MAX = 10_000
"""How many rounds a turn goes through at most: far more than the limits on enrollments leave to do."""


@dataclass(slots=True)
class Turn:
    """What a turn came to: records that came in, and enrollments that were looked after."""

    enrolled: int = 0
    looked_after: int = 0
    more: bool = False


def is_idle(db: Db, ctx: AccountContext) -> bool:
    """Whether no workflow is on, and nobody is in one: then there is nothing to do, and little to ask."""
    row = db.execute(
        "SELECT NOT EXISTS (SELECT FROM workflow WHERE account_id = %(id)s AND is_on) "
        "AND NOT EXISTS (SELECT FROM enrollment WHERE account_id = %(id)s AND ended_at IS NULL)",
        {"id": ctx.id},
    ).fetchone()
    return row is not None and bool(row[0])


def take_turn(
    db: Db,
    ctx: AccountContext,
    *,
    stop: Callable[[], bool] = lambda: False,
    blocks_max: int = ROUNDS_MAX,
) -> Turn:
    """Do everything that is to be done at ``ctx.now``. ``db`` must not be inside a transaction."""
    turn = Turn()
    if is_idle(db, ctx):
        return turn
    for _ in range(blocks_max):
        if stop():
            turn.more = True
            return turn
        flows = Flows(db, ctx)
        step = read_journal(db, ctx, flows)
        came = run_timer(db, ctx, flows)
        done = run_block(db, ctx, flows)
        turn.enrolled += step.enrolled + (came or 0)
        turn.looked_after += done
        if not (step.more or step.enrolled or came is not None or done):
            return turn
    turn.more = True
    return turn


def next_at(db: Db, ctx: AccountContext) -> datetime | None:
    """The first moment after now at which something is due for an account's workflows."""
    if is_idle(db, ctx):
        return None
    row = db.execute(
        "SELECT min(due_at) FROM enrollment WHERE account_id = %s AND ended_at IS NULL", [ctx.id]
    ).fetchone()
    moments = [row[0] if row else None, next_timer(db, ctx)]
    return min((each for each in moments if each is not None), default=None)


def register() -> None:
    """Let sandboxes' clocks know: after segments, whose joinings workflows react to."""
    register_tool(Tool("workflows", 2, next_at, take_turn))
