"""A processor's own connections: nothing that Kalends rolls back takes back what the processor did."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.platform.errors import UserFacing

AnyConnection = psycopg.Connection[Any]


class Connections:
    """Idle connections of one account, opened as they are needed; safe between threads and after a fork.

    ``durable`` waits for the disk at each commit: needed where what is written down is asked for elsewhere afterwards.
    Without it that is left out, since the answer is written later into the same log: the database never remembers an
    answer whose charge it forgot, and a forgotten charge is one that was never answered.
    """

    def __init__(
        self, connect: Callable[[], psycopg.Connection[Any]], account_id: int, *, durable: bool = False
    ) -> None:
        self._connect = connect
        self._account_id = account_id
        self._commit = "on" if durable else "off"
        self._lock = threading.Lock()
        self._idle: list[AnyConnection] = []
        self._process = os.getpid()

    @contextmanager
    def one(self) -> Generator[AnyConnection]:
        """A connection in autocommit mode. Trouble with it becomes :class:`ProcessorUnavailable`."""
        try:
            connection = self._take()
        except (psycopg.Error, UserFacing) as problem:
            raise ProcessorUnavailable(f"The processor's book cannot be reached: {problem}") from problem
        try:
            yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as problem:
            raise ProcessorUnavailable(f"The call to the processor broke off: {problem}") from problem
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> AnyConnection:
        with self._lock:
            if self._process != os.getpid():
                # A forked child shares its parent's sockets: closing them here would end the parent's sessions.
                self._process, self._idle = os.getpid(), []
            if self._idle:
                return self._idle.pop()
        connection = self._connect()
        connection.autocommit = True
        connection.execute(
            "SELECT set_config('kalends.account_id', %s, false), set_config('synchronous_commit', %s, false)",
            [str(self._account_id), self._commit],
        )
        return connection

    def _give_back(self, connection: AnyConnection) -> None:
        if connection.info.transaction_status != TransactionStatus.IDLE:
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)
