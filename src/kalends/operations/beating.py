"""A thread that says every few seconds that its process lives, however long a turn of the process takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from kalends.operations.processes import BEATS_EVERY, Process, beat, leave, not_shared, processes
from kalends.platform.beside import beside
from kalends.platform.errors import UserFacing

log = structlog.get_logger("kalends.processes")

_GONE = (psycopg.Error, UserFacing)


@dataclass(slots=True)
class Heart:
    """Beats for a process until it is told to stop. ``turned_at`` is moved on by whoever does the process's work."""

    connect: Callable[[], Connection[Any]]
    clock: Callable[[], datetime]
    process: Process
    turned_at: datetime | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    _differing: list[str] = field(default_factory=list[str])

    def beat(self) -> None:
        """Say once that the process lives, and warn when it shares less with the others than it should.

        Raises psycopg's errors or UserFacing when the database is gone.
        """
        with self.connect() as db:
            now = self.clock()
            beat(db, self.process, now, self.turned_at)
            differing = not_shared(processes(db), now)
        if differing != self._differing:
            self._differing = differing
            if differing:
                log.warning("processes differ", what=differing, host=self.process.host)

    def run(self) -> None:
        """Beat until told to stop. A database that is gone is waited for; the process's own work tells of it."""
        while not self.stop.is_set():
            with suppress(*_GONE):
                self.beat()
            self.stop.wait(BEATS_EVERY.total_seconds())

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Beat in a thread of its own until the block is left; then say that the process has ended as it should."""
        try:
            with beside(self.run, self.stop, "heart"):
                yield
        finally:
            with suppress(*_GONE), self.connect() as db:
                leave(db, self.process)
