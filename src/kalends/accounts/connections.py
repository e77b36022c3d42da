"""A database connection for each thread that answers requests; it belongs to the application's role, as any.

What a request waits for is mostly the way to the database and back. So questions that do not depend on each other go
together, in a pipeline: whoever asks gets a function that takes the answer, and calls it when the pipeline has ended.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import Connection

from kalends.accounts.sql import enter_account
from kalends.platform import database

_ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

Asked = TypeVar("Asked")


class _Ending:
    """Kept beside a connection: closes it when the thread ends, or the process, whichever comes first."""

    def __init__(self, connection: Connection[Any]) -> None:
        weakref.finalize(self, _close, connection, os.getpid())


def _close(connection: Connection[Any], process: int) -> None:
    if os.getpid() == process:  # a forked child shares the socket, and would end its parent's session
        connection.close()


class _Kept(threading.local):
    connection: Connection[Any] | None = None
    ending: _Ending | None = None


_kept = _Kept()


def inside(account_id: int) -> Connection[Any]:
    """This thread's connection, in an account. Each request enters anew, so that none sees what another left."""
    return inside_asking(account_id, lambda connection: None)[0]


def inside_asking(account_id: int, ask: Callable[[Connection[Any]], Asked]) -> tuple[Connection[Any], Asked]:
    """As :func:`inside`, and what ``ask`` gave when it was called there.

    ``ask`` sends questions and takes no answers: it is
    called in the pipeline that enters, behind that, so that both need one trip.
    """
    connection = _kept.connection
    if connection is not None and not connection.closed:
        # Perhaps the server was restarted, or let go of a connection that slept for long.
        with suppress(psycopg.OperationalError):
            return connection, _enter(connection, account_id, ask)
    connection = _kept.connection = database.connect(autocommit=True)
    _kept.ending = _Ending(connection)
    connection.execute(f"SET {database.ROWS_AS_THEY_COME}")
    return connection, _enter(connection, account_id, ask)


@contextmanager
def apart(account_id: int) -> Iterator[Connection[Any]]:
    """A connection besides this thread's own, in an account, for what begins and ends transactions by itself."""
    with database.connect(autocommit=True) as connection:
        enter_account(connection, account_id)
        yield connection


def _enter(connection: Connection[Any], account_id: int, ask: Callable[[Connection[Any]], Asked]) -> Asked:
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.rollback()
    try:
        with connection.pipeline():
            enter_account(connection, account_id)
            return ask(connection)
    except BaseException:
        connection.close()  # a pipeline that fails takes the entering back: it would be in the account of before
        raise


@contextmanager
def at_one_moment(connection: Connection[Any]) -> Iterator[None]:
    """A transaction that sees one moment and changes nothing.

    All of it is one pipeline: beginning it costs no trip of its own, and of questions that are asked before the first
    answer is taken (``fetch…``) none does.
    """
    with connection.pipeline() as pipeline:
        connection.execute(_ONE_MOMENT, prepare=False)
        try:
            yield
        except psycopg.Error:
            with suppress(psycopg.Error):
                pipeline.sync()  # what comes after a failure is not done before this
            raise
        finally:
            connection.execute("COMMIT", prepare=False)
