"""The prover: a thread of the worker that works every account's books out again, once a night.

However many workers run, one of them proves at a time (:func:`kalends.proof.night.only_one`), by a connection of its
own that holds one snapshot and reads. It leaves the processor to others as long as it uses it, so that billing in the
same process gets its turn at once. One that is told to stop leaves the proof in the middle, and so does one that is
killed: the next one begins it anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import Connection

from kalends.accounts.context import AccountContext, UnknownAccount, load_context
from kalends.accounts.sql import enter_account
from kalends.operations.counts import TURN_SECONDS, TURNS
from kalends.platform.correlation import new_id, working_under
from kalends.proof.night import is_due, keep_night, night_of, only_one, put_back, under_way
from kalends.proof.run import Step
from kalends.proof.verify import verify
from kalends.worker.turns import TurnTaker, is_gone, log, tell_problem

TASK = "proof"
LONGEST_REST_SECONDS = 5.0
_AGAIN_AFTER = timedelta(hours=1)
"""A proof that failed costs as much the next time."""
_WATCHED_SECONDS = 0.2


class Stopped(Exception):
    """The worker was asked to end: the proof is begun anew by the next one."""


@dataclass(slots=True)
class Prover(TurnTaker):
    """Proves books. ``_seen`` are accounts of which nothing is to be proved before another night begins there."""

    _seen: dict[int, tuple[str, date]] = field(default_factory=dict[int, tuple[str, date]])
    _failed: dict[int, datetime] = field(default_factory=dict[int, datetime])
    _used: float = 0.0

    def run(self) -> None:
        """Prove until told to stop. A database that is gone is waited for."""
        try:
            self._repeat(self._turn_and_rest, lambda: self.stop.wait(self.pace.proving_seconds), TASK)
        finally:
            self._disconnect()

    def _turn_and_rest(self) -> bool:
        self.turn()
        return False

    def drain(self) -> bool:
        """Prove what is due, and return; says whether nothing failed here.

        Raises psycopg's errors or UserFacing when the database is gone.
        """
        try:
            return self.turn()
        finally:
            self._disconnect()

    def turn(self) -> bool:
        """Prove each account for which a night has begun; says whether nothing failed. What somebody else is at is
        looked at again the next time.
        """
        well = True
        for account_id in self._accounts():
            if self.stop.is_set():
                break
            if self._is_left_alone(account_id):
                continue
            try:
                self._look(account_id)
            except Stopped:
                self._leave(account_id)
            except Exception as problem:  # one account's trouble must not become another's
                if self._db is None or is_gone(self._db):
                    raise
                well = False
                self._note_failure(account_id, problem)
        return well

    def _is_left_alone(self, account_id: int) -> bool:
        now = self.clock()
        if account_id in self._failed and now < self._failed[account_id]:
            return True
        zone, night = self._seen.get(account_id, ("", None))
        return night is not None and night_of(now, zone) <= night

    def _look(self, account_id: int) -> None:
        """Prove the account if it is due and nobody else proves anything. Raises :class:`Stopped`."""
        db = self._connected()
        ctx = self._enter(db, account_id)
        if ctx is None:
            return
        night = night_of(self.clock(), ctx.time_zone)
        if is_due(db, ctx, night):
            with only_one(db) as is_ours:
                if not is_ours:
                    return
                ctx = self._enter(db, account_id)
                if ctx is None:
                    return
                # Whoever had the claim a moment ago may have proved just these.
                if is_due(db, ctx, night):
                    self._prove(db, ctx, night)
        self._failed.pop(account_id, None)
        self._seen[account_id] = (ctx.time_zone, night)

    def _enter(self, db: Connection[Any], account_id: int) -> AccountContext | None:
        """The account as it is now, entered; None if it is gone."""
        enter_account(db, account_id)
        try:
            return load_context(db, account_id, system_now=self.clock())
        except UnknownAccount:
            return None

    def _prove(self, db: Connection[Any], ctx: AccountContext, night: date) -> None:
        with (
            working_under(new_id(), task=TASK, account_id=ctx.id),
            TURN_SECONDS.labels(TASK).time(),
        ):
            self._used = time.thread_time()
            with under_way(db, ctx, self.clock()), _given_up(db, self.stop):
                report = verify(db, ctx, progress=self._breathe, sparing=True)
            proved = keep_night(db, ctx, report, night, self.clock())
            tell = log.warning if proved.differences else log.info
            tell(TASK, account_id=ctx.id, night=night.isoformat(), **proved._asdict())
        TURNS.labels(TASK, "done").inc()

    def _breathe(self, step: Step) -> None:  # noqa: ARG002
        """Rest for as long as this thread was busy. Raises :class:`Stopped`."""
        busy = time.thread_time() - self._used
        if self.stop.wait(min(busy, LONGEST_REST_SECONDS)):
            raise Stopped
        self._used = time.thread_time()

    def _leave(self, account_id: int) -> None:
        """Let go of the claim, and of the connection, whose last statement may have been canceled."""
        self._disconnect()
        db = self._connected()
        enter_account(db, account_id)
        put_back(db, account_id)
        log.info("proof left", account_id=account_id)

    def _note_failure(self, account_id: int, problem: Exception) -> None:
        self._failed[account_id] = self.clock() + _AGAIN_AFTER
        TURNS.labels(TASK, "failed").inc()
        tell_problem(problem, TASK, account_id=account_id, next_try_in_seconds=_AGAIN_AFTER.seconds)
        self._disconnect()


@contextmanager
def _given_up(db: Connection[Any], stop: threading.Event) -> Iterator[None]:
    """Once ``stop`` is set, the statement at hand is canceled, however long it would take. Raises :class:`Stopped`."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_WATCHED_SECONDS):
            if stop.is_set():
                try:
                    db.cancel_safe()
                except psycopg.Error:
                    return  # the connection has ended, and the proof with it

    watcher = threading.Thread(target=watch, name="Prover's watch", daemon=True)
    watcher.start()
    try:
        yield
    except psycopg.errors.QueryCanceled as problem:
        if not stop.is_set():
            raise
        raise Stopped from problem
    finally:
        over.set()
        watcher.join()
