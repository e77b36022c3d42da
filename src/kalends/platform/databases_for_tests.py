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

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

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
