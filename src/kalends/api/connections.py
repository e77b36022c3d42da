"""A database connection for each thread that answers requests; it belongs to the application's role, as any."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection

from kalends.accounts.sql import enter_account
from kalends.platform import database


class _Kept(threading.local):
    connection: Connection[Any] | None = None


_kept = _Kept()


def inside(account_id: int) -> Connection[Any]:
    """This thread's connection, in an account. Each request enters anew, so that none sees what another left."""
    connection = _kept.connection
    if connection is not None and not connection.closed:
        try:
            _enter(connection, account_id)
        except psycopg.OperationalError:
            connection.close()  # the server was restarted, or let go of a connection that slept for long
        else:
            return connection
    connection = _kept.connection = database.connect(autocommit=True)
    _enter(connection, account_id)
    return connection


@contextmanager
def apart(account_id: int) -> Iterator[Connection[Any]]:
    """A connection besides this thread's own, in an account, for what begins and ends transactions by itself."""
    with database.connect(autocommit=True) as connection:
        enter_account(connection, account_id)
        yield connection


def _enter(connection: Connection[Any], account_id: int) -> None:
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.rollback()
    enter_account(connection, account_id)


def characterize(connection: Connection[Any], *, reads: bool) -> None:
    """Let the next transactions be of one moment and change nothing (``reads``), or be ordinary ones."""
    connection.read_only = True if reads else None
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if reads else None
