"""A database for one occasion, on the installation's own server: made, migrated, used and dropped again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kalends.platform import database
from kalends.platform.boot import migrate_database, point_django_at
from kalends.platform.errors import ExitCode, UserFacing


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
        _drop(before, name)


def _recreate(dsn: str, name: str) -> None:
    _drop(dsn, name)
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


def _drop(dsn: str, name: str) -> None:
    _administer(dsn, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(dsn: str, statement: sql.Composed) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)
