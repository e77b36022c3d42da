"""Moving a sandbox account's clock: everything due on the way happens in order, as it would have."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.billing.agenda import Work, read_agenda
from kalends.billing.run import RunResult, run_due
from kalends.payments.collect import Processors


class ClockRefused(ValueError):
    """The clock cannot be moved so; the message says why."""


Tick = Callable[[datetime, RunResult], None]


def advance(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    to: datetime,
    *,
    tick: Tick = lambda instant, result: None,
) -> tuple[AccountContext, RunResult]:
    """Let the account's clock run until ``to``; returns the account at that moment and what happened on the way.

    ``tick`` is called after every instant at which something was due. Killed on the way, the clock stands at the
    last instant, and advancing again goes on from there. Raises ``ClockRefused`` for a live account, for a
    moment in the past, and while somebody else moves the same clock.
    """
    if not ctx.is_sandbox:
        raise ClockRefused(
            f"Account {ctx.name} is live: its clock is the real one. Only sandboxes can be moved."
        )
    if to < ctx.now:
        raise ClockRefused(
            f"The clock stands at {ctx.now:%Y-%m-%d %H:%M} UTC and cannot go back to {to:%Y-%m-%d %H:%M}."
        )
    if not _lock(db, ctx.id):
        raise ClockRefused(
            f"Somebody else is moving the clock of {ctx.name} right now. Wait until it stands."
        )
    try:
        total = RunResult()
        with relaxed_durability(db):
            ctx = _walk(db, ctx, processors, to, total, tick)
        return ctx, total
    finally:
        if not db.closed:
            db.execute("SELECT pg_advisory_unlock(%s, %s)", [_CLOCK_LOCK, ctx.id])


def _walk(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    to: datetime,
    total: RunResult,
    tick: Tick,
) -> AccountContext:
    _run(db, ctx, processors, total, tick, None)
    while True:
        agenda = read_agenda(db, ctx, processors("sandbox").next_report_at())
        instant = agenda.next_instant(ctx)
        if instant is None or instant > to:
            break
        # A report that is delivered late is taken in now; the clock never goes back for it.
        ctx = _move(db, ctx, max(instant, ctx.now + timedelta(seconds=1)))
        _run(db, ctx, processors, total, tick, agenda.work_at(ctx))
    return _move(db, ctx, to) if ctx.now < to else ctx


def _run(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    total: RunResult,
    tick: Tick,
    work: Work | None,
) -> None:
    result = run_due(db, ctx, processors, work=work)
    total.add(result)
    tick(ctx.now, result)


def _move(db: Connection[Any], ctx: AccountContext, instant: datetime) -> AccountContext:
    db.execute("UPDATE account SET clock_at = %s WHERE id = %s", [instant, ctx.id])
    return replace(ctx, now=instant)


@contextmanager
def relaxed_durability(db: Connection[Any]) -> Iterator[None]:
    """Let commits of a sandbox return before the disk has them.

    A power cut may take back the last moments, but only together and from the end: the account, its clock and the
    sandbox processor live in one log. Live accounts never run like this.
    """
    db.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        if not db.closed:
            db.execute("RESET synchronous_commit")


_CLOCK_LOCK = 7


def _lock(db: Connection[Any], account_id: int) -> bool:
    row = db.execute("SELECT pg_try_advisory_lock(%s, %s)", [_CLOCK_LOCK, account_id]).fetchone()
    return row is not None and bool(row[0])
