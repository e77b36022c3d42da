"""Databases for tests: real PostgreSQL, made once per run and cloned for whoever wants one of its own.

pytest's processes share one throw-away server. The first migrates a template; every process works in a clone.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import ConnStatus, ExecStatus, PGconn, PipelineStatus
from psycopg.pq.abc import PGconn as Session

from kalends.platform import database
from kalends.platform.boot import boot, point_django_at
from kalends.platform.home import open_home
from kalends.platform.scratch import drop_database

TEST_HOME = "KALENDS_TEST_HOME"
"""The environment variable by which pytest's processes find the home that they share."""

_TEMPLATE = "kalends"
_started: dict[str, str] = {}


def start_test_server() -> str:
    """Give this process a migrated database of its own, point Django at it, and return its connection string.

    For ``conftest.py``, once, before any test. The server runs without durability in a temporary home; it is
    stopped, and the home removed, when the last process leaves. Asked again, the answer is the same.
    """
    own_name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    if own_name in _started:
        return _started[own_name]
    _enter_test_home()
    with _one_at_a_time():
        ready = open_home().path / "template-ready"
        boot(migrate=not ready.exists())
        ready.touch()
        _disconnect()
        _started[own_name] = _use_clone(own_name)
    return _started[own_name]


@contextmanager
def fresh_database(name: str = "fresh") -> Iterator[str]:
    """A new migrated and empty database for tests that commit; Django and ``connect`` use it inside the block."""
    before = database.current_dsn()
    own_name = f"{name}_{os.getpid()}"
    _disconnect()
    with _one_at_a_time():
        dsn = _use_clone(own_name)
    try:
        yield dsn
    finally:
        _disconnect()
        database.use(before)
        point_django_at(before)
        drop_database(before, own_name)


@contextmanager
def emptied_database() -> Iterator[str]:
    """A migrated and empty database for tests that commit rows and alter nothing else, used inside the block.

    It is the same one each time, since a clone and its new sessions cost a second. What is in it afterwards is deleted.
    """
    before, name = database.current_dsn(), f"emptied_{os.getpid()}"
    _disconnect()
    if name not in _started:
        with _one_at_a_time():
            _started[name] = _use_clone(name)
        for keeper in _keepers:
            keeper.idle |= {_started[name]: [], database.application_dsn(_started[name]): []}
        with _superuser(_started[name]) as connection:
            _with_rows.update(_tables_with_rows(connection))
    database.use(_started[name])
    point_django_at(_started[name])
    try:
        yield _started[name]
    finally:
        _disconnect()
        _delete_rows(_started[name])
        database.use(before)
        point_django_at(before)


_with_rows: set[str] = set()
"""Tables that are not empty after the migrations."""

_ASK_EACH_TABLE = """
    SELECT string_agg(format('SELECT %L WHERE EXISTS (SELECT FROM %I)', tablename, tablename), ' UNION ALL ')
    FROM pg_tables WHERE schemaname = 'public'
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
      AND NOT pid = ANY(%s)
"""


def _tables_with_rows(connection: psycopg.Connection[Any]) -> list[str]:
    (asking,) = connection.execute(_ASK_EACH_TABLE).fetchone() or ("",)
    return [row[0] for row in connection.execute(asking)]


def _superuser(dsn: str) -> psycopg.Connection[Any]:
    return psycopg.connect(make_conninfo(dsn, user="postgres"), autocommit=True)


def _delete_rows(dsn: str) -> None:
    """By who is held back neither by walls nor by triggers, once nobody is left who would write."""
    kept = [each.backend_pid for keeper in _keepers for idle in keeper.idle.values() for each in idle]
    with _superuser(dsn) as connection:
        connection.execute(_END_OTHERS, [kept])
        connection.execute("SET session_replication_role = replica")
        for name in set(_tables_with_rows(connection)) - _with_rows:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))


def _enter_test_home() -> None:
    if TEST_HOME not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="kalends-test-"))
        maker = os.getpid()
        # Registered before the server's lease, and so run after the lease was given back.
        atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == maker else None)
        os.environ[TEST_HOME] = str(folder)
    os.environ["KALENDS_HOME"] = os.environ[TEST_HOME]
    os.environ["KALENDS_EPHEMERAL"] = "1"
    os.environ.pop("DATABASE_URL", None)


@contextmanager
def sessions_used_again() -> Iterator[None]:
    """Inside the block, the server's session of a connection that is closed serves the next one.

    A new session reads the catalog of a hundred tables anew, which costs most tests more than their statements do.
    Nothing of what a session was used for stays in it, and a closed connection is as closed as any other. Only of
    this process's own databases: others are dropped.
    """
    keeper = _Keeper(os.getpid(), (database.current_dsn(), database.application_dsn(database.current_dsn())))
    before, database.connect = database.connect, keeper.connect
    _keepers.append(keeper)
    try:
        yield
    finally:
        _keepers.remove(keeper)
        database.connect = before
        for sessions in keeper.idle.values():
            for each in sessions:
                each.finish()


class _Keeper:
    """Sessions that wait for their next connection, by connection string."""

    def __init__(self, process: int, of: tuple[str, ...]) -> None:
        self.process = process
        self.idle: dict[str, list[Session]] = {dsn: [] for dsn in of}

    def connect(self, *, as_owner: bool = False, autocommit: bool = False) -> psycopg.Connection[Any]:
        """As :func:`kalends.platform.database.connect`."""
        own = database.current_dsn()
        dsn = own if as_owner else database.application_dsn(own)
        if dsn not in self.idle or os.getpid() != self.process:
            return _connect_anew(as_owner=as_owner, autocommit=autocommit)
        try:
            connection = _Kept(self.idle[dsn].pop())
        except IndexError:
            connection = _Kept(_session_of(_connect_anew(as_owner=as_owner, autocommit=True)))
        connection.keep = (self, dsn)
        connection.autocommit = autocommit
        return connection


_keepers: list[_Keeper] = []


class _Kept(psycopg.Connection[Any]):
    """A connection whose session goes back when it is closed."""

    keep: tuple[_Keeper, str]

    def close(self) -> None:
        keeper, dsn = self.keep
        unharmed = self.pgconn.status == ConnStatus.OK and self.pgconn.pipeline_status == PipelineStatus.OFF
        if self.closed or os.getpid() != keeper.process or not unharmed:
            super().close()
            return
        try:
            self.rollback()
            self.autocommit = True
            forgotten = self.pgconn.exec_(_FORGET).status == ExecStatus.TUPLES_OK
        except psycopg.Error:
            forgotten = False
        if forgotten:
            keeper.idle[dsn].append(_session_of(self))
        else:
            super().close()


_FORGET = b"""
    CLOSE ALL; UNLISTEN *; RESET ROLE; RESET ALL; DEALLOCATE ALL; DISCARD TEMP; SELECT pg_advisory_unlock_all()
"""
_connect_anew = database.connect


def _session_of(connection: psycopg.Connection[Any]) -> Session:
    """The session of a connection, which is closed without it."""
    session = connection.pgconn
    connection.pgconn = PGconn.connect_start(b"host=/nowhere")
    connection.close()
    return session


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """PostgreSQL clones a database only while nobody is connected to it."""
    with (open_home().path / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _use_clone(name: str) -> str:
    clone, template = sql.Identifier(name), sql.Identifier(_TEMPLATE)
    drop_database(make_conninfo(database.current_dsn(), dbname="postgres"), name)
    _administer(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(clone, template))
    dsn = make_conninfo(database.current_dsn(), dbname=name)
    database.use(dsn)
    point_django_at(dsn)
    return dsn


def _administer(statement: sql.Composed) -> None:
    dsn = make_conninfo(database.current_dsn(), dbname="postgres")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()
