"""Databases of a test's own, since a database that was put back stops every live account in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kalends.accounts import connections
from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account
from kalends.platform import database
from kalends.platform.boot import point_django_at
from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.scratch import drop_database
from kalends.platform.translations import compile_translations
from tests.conftest import AnyConnection

NOW = dt.datetime(2026, 11, 22, 12, 30, tzinfo=dt.UTC)


@pytest.fixture
def own_database(server: str) -> Iterator[str]:
    """A database of the test's own, in use until the test ends."""
    compile_translations()
    with fresh_database("backup") as dsn:
        yield dsn


class Copies:
    """Earlier states of a database that are kept on its server, and taken into use again."""

    def __init__(self, dsn: str) -> None:
        self.first = dsn
        self.made: list[str] = []

    def keep(self) -> str:
        """Keep the database as it is now; returns the copy's connection string."""
        name = f"copy_{len(self.made)}_of_{psycopg.conninfo.conninfo_to_dict(self.first)['dbname']}"
        with psycopg.connect(make_conninfo(self.first, dbname="postgres"), autocommit=True) as connection:
            original = str(psycopg.conninfo.conninfo_to_dict(self.first)["dbname"])
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND backend_type = 'client backend'",
                [original],
            )
            statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
            connection.execute(
                sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(original))  # type: ignore[arg-type]
            )
        self.made.append(name)
        return make_conninfo(self.first, dbname=name)

    @staticmethod
    def use(dsn: str) -> None:
        """Work in this database from now on."""
        database.use(dsn)
        point_django_at(dsn)
        if connections._kept.connection is not None:
            connections._kept.connection.close()  # this thread's, in the database of before


@pytest.fixture
def copies(own_database: str) -> Iterator[Copies]:
    """Earlier states of the test's own database."""
    made = Copies(own_database)
    yield made
    made.use(own_database)
    for name in made.made:
        drop_database(own_database, name)


@pytest.fixture
def db(own_database: str) -> Iterator[AnyConnection]:
    """A connection to it."""
    connection = database.connect(autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def live(db: AnyConnection) -> AccountContext:
    """A live account."""
    made = create_account(
        db, name="Nordlys AS", time_zone="Europe/Oslo", currency="NOK", country="NO", now=NOW
    )
    enter_account(db, made.id)
    return load_context(db, made.id, system_now=NOW)
