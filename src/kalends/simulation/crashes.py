"""Processes that die at any statement, and two that take turns: on real connections, and the same with every seed.

A connection of ours is asked before each statement and at both ends of each transaction whether this is where its
process ends. If so the socket is closed without a word, as the system does for a killed process, and :class:`Killed`
flies through the code as no ``except Exception`` can hold it. Two processes share one baton and pass it on between
their transactions only: neither ever waits for a lock of the other, and so the order of all statements follows from
the seed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from kalends.accounts.sql import enter_account
from kalends.platform import database

_SECONDS_TO_DIE = 30.0


class Killed(BaseException):
    """The process is no more. It is no ``Exception``: nobody may catch it and go on."""


class Fate:
    """What becomes of one process: it dies at its n-th moment, if at all, and may be interrupted at each."""

    def __init__(self, dies_at: int | None = None, interrupt: Callable[[], None] | None = None) -> None:
        self.moments = 0
        self.committed = 0
        self._dies_at = dies_at
        self._interrupt = interrupt

    def moment(self, connection: Mortal) -> None:
        """Between two statements."""
        self.moments += 1
        if self.moments == self._dies_at:
            connection.die()
            raise Killed(f"at moment {self.moments}")
        if self._interrupt is not None and connection.is_at_rest:
            self._interrupt()


class MortalCursor(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor whose every statement may be the last."""

    def execute(self, *args: Any, **more: Any) -> Self:
        """As of any cursor."""
        connection = self.connection
        if isinstance(connection, Mortal) and connection.fate is not None:
            connection.fate.moment(connection)
        return super().execute(*args, **more)


class Mortal(psycopg.Connection[tuple[Any, ...]]):
    """A connection of the application's role that ends when its ``fate`` says so."""

    fate: Fate | None = None

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.cursor_factory = MortalCursor
        self._depth = 0

    @classmethod
    def open(cls, account_id: int) -> Mortal:
        """A new connection that has entered the account."""
        connection = cls.connect(database.application_dsn(database.current_dsn()), autocommit=True)
        enter_account(connection, account_id)
        return connection

    @property
    def is_at_rest(self) -> bool:
        """Whether it is in no transaction and holds no row."""
        return (
            not self.closed
            and self._depth == 0
            and self.pgconn.pipeline_status == PipelineStatus.OFF
            and self.info.transaction_status == TransactionStatus.IDLE
        )

    @contextmanager
    def transaction(self, *args: Any, **more: Any) -> Iterator[psycopg.Transaction]:
        """As of any connection; the moments before and after its commit are moments to die at, too."""
        self._depth += 1
        try:
            with super().transaction(*args, **more) as opened:
                yield opened
                if self.fate is not None:
                    self.fate.moment(self)
        finally:
            self._depth -= 1
        if self.fate is not None and self._depth == 0:
            self.fate.committed += 1
            self.fate.moment(self)

    def die(self) -> None:
        """Close the socket, and wait until the server has noticed and rolled back what was begun."""
        process = self.info.backend_pid
        self.close()
        last = time.monotonic() + _SECONDS_TO_DIE
        with database.connect(autocommit=True) as other:
            while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [process]).fetchone():
                if time.monotonic() > last:
                    raise TimeoutError(f"PostgreSQL still has process {process}.")
                time.sleep(0.001)


class _Baton:
    """Lets one of several threads go on at a time, and says by its dice when the next one may."""

    def __init__(self, random: Random, runners: int) -> None:
        self._random = random
        self._alive = list(range(runners))
        self._turn = 0
        self._changed = threading.Condition()
        self.passed = 0

    def wait_for(self, runner: int) -> None:
        """Come back when it is that runner's turn."""
        with self._changed:
            while self._turn != runner:
                self._changed.wait()

    def maybe_pass(self, runner: int) -> None:
        """Perhaps let another one go on first."""
        others = [each for each in self._alive if each != runner]
        if others and self._random.random() < 0.4:
            self.passed += 1
            self._pass_to(self._random.choice(others))
            self.wait_for(runner)

    def leave(self, runner: int) -> None:
        """Go, and let the others go on."""
        self._alive.remove(runner)
        if self._alive:
            self._pass_to(self._random.choice(self._alive))

    def _pass_to(self, runner: int) -> None:
        with self._changed:
            self._turn = runner
            self._changed.notify_all()


Work = Callable[[Mortal], Any]


@dataclass(slots=True)
class Processes:
    """The processes of one account. One that was not killed goes on with the next work, as a worker does; its
    connection, and what the server has planned for it, are kept.
    """

    account_id: int
    resting: list[Mortal] = field(default_factory=list[Mortal])

    def live(self, work: Work, fate: Fate) -> BaseException | None:
        """Do a work in a process with that fate; returns what it ended with, None if it was done."""
        connection = self.resting.pop() if self.resting else Mortal.open(self.account_id)
        connection.execute("SET synchronous_commit = off")  # the server itself lives on in this world
        connection.fate = fate
        try:
            work(connection)
        except (Killed, Exception) as end:  # noqa: BLE001
            return end
        finally:
            connection.fate = None
            if connection.is_at_rest:
                self.resting.append(connection)
            else:
                connection.close()
        return None

    def in_turns(
        self, random: Random, works: Sequence[Work], dies_at: Sequence[int | None]
    ) -> tuple[list[BaseException | None], int]:
        """Do these works in processes that take turns; what each ended with, and how often the baton was passed."""
        baton = _Baton(random, len(works))
        ends: list[BaseException | None] = [None] * len(works)

        def run(number: int) -> None:
            baton.wait_for(number)
            try:
                fate = Fate(dies_at[number], lambda: baton.maybe_pass(number))
                ends[number] = self.live(works[number], fate)
            finally:
                baton.leave(number)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return ends, baton.passed

    def close(self) -> None:
        """End them all."""
        while self.resting:
            self.resting.pop().close()
