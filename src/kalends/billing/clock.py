"""Moving a sandbox account's clock: everything due on the way happens in order, as it would have."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from kalends.accounts.agenda import do_tools, next_of_tools
from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.billing.agenda import Work, read_agenda
from kalends.billing.due import read_due
from kalends.billing.history import run_ended, run_started
from kalends.billing.run import RunResult, due_work, run_due
from kalends.payments.collect import Processors


class ClockRefused(ValueError):
    """The clock cannot be moved so; the message says why."""


_ROUNDS_MOST = 1_000
"""After so many runs at one moment that leave something due, a fault is there and not somebody beside us."""

Tick = Callable[[datetime, RunResult], None]


@dataclass(slots=True)
class Clock:
    """A sandbox account's clock in somebody's hand; ``ctx`` is the account at the moment at which it stands."""

    db: Connection[Any]
    ctx: AccountContext
    processors: Processors

    def advance(
        self, to: datetime, *, tick: Tick = lambda instant, result: None, nothing_due_now: bool = False
    ) -> RunResult:
        """Let the clock run until ``to``; returns what happened on the way.

        ``tick`` is called after every instant at which something was due. ``nothing_due_now`` says that all of the
        present moment is done, since this clock has just come to it and nothing was agreed since. Raises
        ``ClockRefused`` for a moment in the past, and where the account's billing is held: a clock that went on would
        leave behind what falls due.
        """
        if to < self.ctx.now:
            raise ClockRefused(
                f"The clock stands at {self.ctx.now:%Y-%m-%d %H:%M} UTC and cannot go back to {to:%Y-%m-%d %H:%M}."
            )
        total = RunResult()
        if not nothing_due_now:
            self._run(total, tick, None)
        while True:
            agenda = read_agenda(self.db, self.ctx, self.processors("sandbox").next_report_at())
            moments = (agenda.next_instant(self.ctx), next_of_tools(self.db, self.ctx))
            instant = min((each for each in moments if each is not None), default=None)
            if instant is None or instant > to:
                break
            # A report that is delivered late is taken in now; the clock never goes back for it.
            self._move(max(instant, self.ctx.now + timedelta(seconds=1)))
            self._run(total, tick, agenda.work_at(self.ctx))
        if self.ctx.now < to:
            self._move(to)
        return total

    def _run(self, total: RunResult, tick: Tick, work: Work | None) -> None:
        work = work or due_work(self.db, self.ctx, self.processors)
        run = run_started(self.db, self.ctx, self.ctx.now) if work.cycles or work.retries else None
        result = run_due(self.db, self.ctx, self.processors, work=work)
        rounds = 0
        while work.cycles and not result.held and (left := read_due(self.db, self.ctx, size=1)):
            rounds += 1
            assert rounds < _ROUNDS_MOST, f"Subscription {left[0].id} is due, and no run bills it."
            self._wait_for_others()
            result.add(run_due(self.db, self.ctx, self.processors))
        if run is not None:
            run_ended(self.db, self.ctx, run, self.ctx.now, result)
        total.add(result)
        do_tools(self.db, self.ctx)
        tick(self.ctx.now, result)
        if result.held:
            raise ClockRefused(
                f"The billing of {self.ctx.name} is held, and its clock stands at {self.ctx.now:%Y-%m-%d %H:%M} UTC. "
                "Let billing go on first."
            )

    def _wait_for_others(self) -> None:
        """Wait until nobody holds what is due at this moment, as another run does that bills it, or a refund.

        Should they end without having billed it, and the clock have gone on meanwhile, it would be billed late.
        """
        params = {"account_id": self.ctx.id, "billing_day": self.ctx.billing_day}
        self.db.execute(load("kalends.billing", "wait_for_due"), params)

    def _move(self, instant: datetime) -> None:
        self.db.execute("UPDATE account SET clock_at = %s WHERE id = %s", [instant, self.ctx.id])
        self.ctx = replace(self.ctx, now=instant)


@contextmanager
def held_clock(db: Connection[Any], ctx: AccountContext, processors: Processors) -> Iterator[Clock]:
    """Take a sandbox account's clock in hand, so that nobody else moves it meanwhile.

    Killed on the way, the clock stands at the last instant, and advancing again goes on from there. Raises
    ``ClockRefused`` for a live account, and while somebody else has the clock.
    """
    if not ctx.is_sandbox:
        raise ClockRefused(
            f"Account {ctx.name} is live: its clock is the real one. Only sandboxes can be moved."
        )
    if not _lock(db, ctx.id):
        raise ClockRefused(
            f"Somebody else is moving the clock of {ctx.name} right now. Wait until it stands."
        )
    try:
        # Read only now: somebody else may have moved it between the caller's look and the lock.
        row = db.execute("SELECT clock_at FROM account WHERE id = %s", [ctx.id]).fetchone()
        assert row is not None
        with relaxed_durability(db):
            yield Clock(db, replace(ctx, now=row[0]), processors)
    finally:
        if not db.closed:
            db.execute("SELECT pg_advisory_unlock(%s, %s)", [_CLOCK_LOCK, ctx.id])


def advance(
    db: Connection[Any],
    ctx: AccountContext,
    processors: Processors,
    to: datetime,
    *,
    tick: Tick = lambda instant, result: None,
) -> tuple[AccountContext, RunResult]:
    """Let the account's clock run until ``to``; returns the account at that moment and what happened on the way.

    As :meth:`Clock.advance` of a clock that is held for this one walk. Raises ``ClockRefused``.
    """
    with held_clock(db, ctx, processors) as clock:
        total = clock.advance(to, tick=tick)
    return clock.ctx, total


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
