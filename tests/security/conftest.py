"""What an attacker has to work with: a connection that was taken over, and the rows of somebody else's account."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from kalends.platform import database
from tests.conftest import AnyConnection


@pytest.fixture
def superuser(server: str) -> Iterator[AnyConnection]:
    """Who may arrange anything, in a transaction that is taken back."""
    with psycopg.connect(make_conninfo(server, user="postgres")) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(params=["web", "worker"])
def taken_over(request: pytest.FixtureRequest, server: str) -> Iterator[AnyConnection]:
    """A connection of a web process, or of a worker, on which an attacker can say any SQL."""
    if request.param == "worker":
        dsn = database.application_dsn(server)
    else:
        of_django = database.django_databases(server)["default"]
        dsn = make_conninfo(
            "",
            host=of_django["HOST"],
            port=of_django["PORT"],
            user=of_django["USER"],
            dbname=of_django["NAME"],
            **of_django["OPTIONS"],
        )
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection
