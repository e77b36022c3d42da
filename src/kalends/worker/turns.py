"""What every loop of the worker shares: its connection, the accounts it looks after, turns until it is told to stop."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from kalends.accounts.context import account_ids
from kalends.platform.beside import beside
from kalends.platform.errors import UserFacing
from kalends.worker.pace import Pace

Connect = Callable[[], Connection[Any]]
Clock = Callable[[], datetime]

log = structlog.get_logger("kalends.worker")


@dataclass(slots=True)
class TurnTaker(ABC):
    """A loop with one connection. ``clock`` says what time it really is; ``stop`` ends it; ``only`` is the number of
    the one account it looks after, and without it all are.
    """

    clock: Clock
    connect: Connect
    stop: threading.Event = field(default_factory=threading.Event)
    pace: Pace = field(default_factory=Pace)
    only: int | None = None
    _db: Connection[Any] | None = None

    @abstractmethod
    def run(self) -> Any:
        """Work until told to stop."""

    def beside(self) -> AbstractContextManager[None]:
        """Work in a thread of its own until the block is left; what is under way ends first."""
        return beside(self.run, self.stop, type(self).__name__)

    def _accounts(self) -> list[int]:
        return account_ids(self._connected()) if self.only is None else [self.only]

    def _repeat(self, turn: Callable[[], bool], rest: Callable[[], object], doing: str) -> None:
        """Take turns until told to stop, with a rest after each that left nothing waiting. Whatever goes wrong is told
        and tried again after a while, on a new connection: a database that is gone is waited for.
        """
        failed = 0
        while not self.stop.is_set():
            try:
                more = turn()
                failed = 0
            except Exception as problem:  # noqa: BLE001 - whatever it is, the next turn may go well
                self._disconnect()
                failed += 1
                pause = self.pace.pause(failed).total_seconds()
                tell_problem(problem, doing, next_try_in_seconds=round(pause))
                self.stop.wait(pause)
                continue
            if not more:
                rest()

    def _rest(self) -> None:
        self.stop.wait(self.pace.tick_seconds)

    def _connected(self) -> Connection[Any]:
        if self._db is None or self._db.closed:
            self._db = self.connect()
        return self._db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def is_gone(db: Connection[Any]) -> bool:
    """Whether the connection has ended, or is of no use any more."""
    return db.closed or db.broken


def tell_problem(problem: Exception, doing: str, **told: Any) -> None:
    """Log what went wrong: in the words for people where there are any, with the traceback where nobody expected it."""
    failed = f"{doing} failed"
    if isinstance(problem, UserFacing):
        place = {"where": problem.where, "value": problem.value, "remedy": problem.remedy}
        log.warning(failed, reason=problem.message, **place, **told)
    elif isinstance(problem, psycopg.OperationalError | psycopg.InterfaceError):
        log.warning("database gone", reason=str(problem), **told)
    else:
        log.error(failed, reason=str(problem), exc_info=problem, **told)
