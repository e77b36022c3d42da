"""The worker: does what falls due by the clock, in every account, until it is told to stop.

Webhooks are sent, exports made and books proved by threads of their own meanwhile (:mod:`kalends.worker.webhooks`,
:mod:`kalends.worker.exports`, :mod:`kalends.worker.proofs`). Any number of workers on any number of machines may run at
once: billing claims its blocks and delivery its letters, so two workers share the work and never do a thing twice. A
worker that is killed leaves nothing that another, or the next run, does not finish.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from kalends.accounts.context import UnknownAccount, load_context
from kalends.accounts.sql import enter_account
from kalends.billing.restored import notice
from kalends.operations.beating import Heart
from kalends.operations.counts import TURN_SECONDS, TURNS
from kalends.operations.listening import listening
from kalends.operations.metrics import exposition
from kalends.operations.processes import ONCE, WORKER, this_process
from kalends.platform import database
from kalends.platform.correlation import new_id, working_under
from kalends.platform.errors import ExitCode
from kalends.platform.home import open_home
from kalends.platform.logs import set_up_logs
from kalends.platform.patience import patiently
from kalends.platform.stopping import stopped_by_signals
from kalends.worker.cleaning import clean_up
from kalends.worker.exports import Maker
from kalends.worker.pace import Pace
from kalends.worker.proofs import Prover
from kalends.worker.tasks import TASKS, Stopping, Task
from kalends.worker.turns import Clock, Connect, TurnTaker, is_gone, log, tell_problem
from kalends.worker.webhooks import Sender


@dataclass(slots=True)
class _Turn:
    """When a task of an account is next, and how often it has failed in a row."""

    next_at: datetime | None = None
    failures: int = 0


@dataclass(slots=True)
class Worker(TurnTaker):
    """One worker, which ends after the block at hand. ``thorough`` does what is not due yet as well; with ``proves`` it
    proves books at night.
    """

    thorough: bool = False
    proves: bool = False
    _turns: dict[tuple[int, str], _Turn] = field(default_factory=dict[tuple[int, str], _Turn])
    _cleaning: _Turn = field(default_factory=_Turn)
    _heart: Heart | None = None

    def run(self) -> ExitCode:
        """Work until told to stop. A database that is gone is waited for."""
        self._heart = self._heart_of(WORKER)
        with self._heart.beside(), ExitStack() as others:
            for each in self._others():
                others.enter_context(each.beside())
            try:
                self._repeat(self._round_and_rest, self._rest, "round")
            finally:
                self._disconnect()
        return ExitCode.OK

    def _others(self) -> Iterator[TurnTaker]:
        """Who works beside the rounds, each in a thread of its own."""
        kinds = (Sender, Maker, Prover) if self.proves else (Sender, Maker)
        for kind in kinds:
            yield kind(self.clock, self.connect, pace=self.pace, only=self.only)

    def _round_and_rest(self) -> bool:
        self.round()
        if self._heart is not None:
            self._heart.turned_at = self.clock()
        return False

    def _heart_of(self, kind: str) -> Heart:
        return Heart(self.connect, self.clock, this_process(open_home(), kind, self.clock(), self.only))

    def run_once(self) -> ExitCode:
        """Do everything that is due now, to its end, and leave. For cron.

        Returns ``PROBLEM_FOUND`` when something failed; a database that is gone raises UserFacing or psycopg's error.
        """
        self.thorough = True
        heart = self._heart_of(ONCE)
        try:
            heart.beat()
            well = self.round()
            heart.turned_at = self.clock()
            made = Maker(self.clock, self.connect, self.stop, self.pace, self.only).drain()
            sent = Sender(self.clock, self.connect, self.stop, self.pace, self.only).drain()
            proved = (
                not self.proves or Prover(self.clock, self.connect, self.stop, self.pace, self.only).drain()
            )
            heart.beat()
            return ExitCode.OK if sent and made and proved and well else ExitCode.PROBLEM_FOUND
        finally:
            self._disconnect()

    def round(self) -> bool:
        """Give every account its turn in whatever is due; says whether all of it went well.

        A failing account is left alone for a while and does not stop the others.
        Raises psycopg's OperationalError or InterfaceError, or UserFacing, when the database is gone.
        """
        well = True
        notice(self._connected(), self.clock())
        for account_id in self._accounts():
            for task in TASKS:
                if self.stop.is_set():
                    return well
                well &= self._take_turn(account_id, task)
        return (self.only is not None or self._clean_in_turn()) and well

    def _take_turn(self, account_id: int, task: Task) -> bool:
        turn = self._turns.setdefault((account_id, task.name), _Turn())
        now = self.clock()
        if turn.next_at is not None and now < turn.next_at and not self.thorough:
            return turn.failures == 0
        with (
            working_under(new_id(), task=task.name, account_id=account_id),
            TURN_SECONDS.labels(task.name).time(),
        ):
            well = self._do(account_id, task, turn, now)
        TURNS.labels(task.name, "done" if well else "failed").inc()
        return well

    def _do(self, account_id: int, task: Task, turn: _Turn, now: datetime) -> bool:
        db = self._connected()
        try:
            enter_account(db, account_id)
            ctx = load_context(db, account_id, system_now=now)
            done = patiently(lambda: task.do(db, ctx, now, self.stop.is_set, self.thorough))
        except Stopping:
            return True
        except UnknownAccount:
            return True
        except Exception as problem:  # one account's trouble must not become another's
            if is_gone(db):
                raise
            self._note_failure(account_id, task, turn, problem)
            return False
        turn.failures = 0
        turn.next_at = None if done.more else now + task.every
        if done.notes:
            log.info(task.name, account_id=account_id, **done.notes)
        return True

    def _note_failure(self, account_id: int, task: Task, turn: _Turn, problem: Exception) -> None:
        """Say what went wrong, leave it alone for a while, and go on with a connection that holds nothing of it."""
        turn.failures += 1
        pause = self.pace.pause(turn.failures)
        turn.next_at = self.clock() + pause
        tell_problem(problem, task.name, account_id=account_id, next_try_in_seconds=pause.seconds)
        self._disconnect()

    def _clean_in_turn(self) -> bool:
        now = self.clock()
        if self._cleaning.next_at is not None and now < self._cleaning.next_at and not self.thorough:
            return True
        self._cleaning.next_at = now + timedelta(seconds=self.pace.cleaning_seconds)
        db = self._connected()
        try:
            cleaned = clean_up(db, now)
        except Exception as problem:  # what could not be thrown away now is thrown away later
            if is_gone(db):
                raise
            log.error("cleaning failed", reason=str(problem), exc_info=problem)
            return False
        if any(cleaned):
            log.info("cleaning", **cleaned._asdict())
        return True


def run_worker(
    *,
    clock: Clock,
    once: bool = False,
    only: int | None = None,
    connect: Connect | None = None,
    pace: Pace | None = None,
    metrics_port: int | None = None,
    proves: bool = True,
) -> int:
    """Run a worker until SIGTERM or SIGINT (or, with ``once``, until nothing is due), and return the exit code.

    The first signal lets it finish the block at hand; a second one ends it on the spot, which is safe too.
    ``only`` is the account it works for; without it, all. With ``metrics_port`` it tells its metrics there.
    Unless it ``proves``, whoever runs it proves the books otherwise.
    Call ``boot()`` before. ``clock`` is ``kalends.platform.clock.system_now``.
    """
    set_up_logs()
    worker = Worker(clock, connect or _connect, pace=pace or Pace(), only=only, proves=proves)
    with stopped_by_signals(worker.stop), ExitStack() as beside:
        if metrics_port is not None:
            beside.enter_context(listening(metrics_port, lambda: exposition(worker.connect, clock())))
        return int(worker.run_once() if once else worker.run())


def _connect() -> Connection[Any]:
    return database.connect(autocommit=True)
