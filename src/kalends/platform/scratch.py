"""A database for one occasion, on the installation's own server: made, migrated, used and dropped again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kalends.platform import database
from kalends.platform.boot import migrate_database, point_django_at
from kalends.platform.errors import ExitCode, UserFacing

_SECONDS_TO_BE_FREE = 20.0


@contextmanager
def scratch_database(name: str) -> Iterator[str]:
    """Make the process work in a new, empty, migrated database; what it held before is dropped at the end.

    Raises UserFacing (exit code 3) when the user may not create databases.
    """
    before = database.current_dsn()
    dsn = make_conninfo(before, dbname=name)
    _recreate(before, name)
    try:
        database.use(dsn)
        point_django_at(dsn)
        migrate_database(dsn)
        yield dsn
    finally:
        database.use(before)
        point_django_at(before)
        drop_database(before, name)


def freeze_plans(dsn: str) -> None:
    """Let the server look at no table of this database by itself: what it learns there changes its plans, and with them
    the order of rows that no statement asked for. So the same statements find the same rows in the same order.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
        for (name,) in tables:
            connection.execute(
                sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = off)").format(sql.Identifier(name))
            )


def _recreate(dsn: str, name: str) -> None:
    drop_database(dsn, name)
    try:
        _administer(dsn, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as problem:
        raise UserFacing(
            "This needs a database of its own for a moment, and the user may not create one.",
            where=f"database {name}",
            value=str(problem).strip(),
            remedy="Give the user the right CREATEDB, or unset DATABASE_URL to use the server that comes with Kalends.",
            exit_code=ExitCode.DATABASE_UNAVAILABLE,
        ) from problem


def drop_database(dsn: str, name: str) -> None:
    """Drop a database and whoever of ours is still in it; ``dsn`` leads to another one of the same server.

    ``WITH (FORCE)`` would fail on a vacuum that the server itself is running there: an ordinary user may not end it.
    Without, the server sends it away by itself, and a moment later the database is free.
    """
    end_ours = sql.SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} AND pg_has_role(usesysid, 'USAGE')"
    ).format(sql.Literal(name))
    last_try = time.monotonic() + _SECONDS_TO_BE_FREE
    while True:
        _administer(dsn, end_ours)
        try:
            return _administer(dsn, sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > last_try:
                raise
            time.sleep(0.1)


def _administer(dsn: str, statement: sql.Composed) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)
