"""A real server, and for every test an account of its own: what a test does is committed, and seen by nobody else."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from pytest_django import DjangoDbBlocker

from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.databases_for_tests import sessions_used_again, start_test_server
from tests.concurrency.recording import kept
from tests.world import World

AnyConnection = psycopg.Connection[tuple[Any, ...]]
Connect = Callable[[], AnyConnection]

FIRST_MOMENT = dt.datetime(2026, 1, 1, 5, 0, tzinfo=dt.UTC)
"""Where the clocks of test accounts stand first: 06:00 in Oslo on New Year's Day, an hour before charges start."""


def pytest_collection_finish() -> None:
    """All modules are loaded and stay: looking for garbage in them again and again would cost a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def server(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The connection string of this process's own database."""
    with django_db_blocker.unblock():
        dsn = start_test_server()
    with sessions_used_again():
        yield dsn


@pytest.fixture(scope="session", autouse=True)
def statements_kept() -> Iterator[None]:
    """Where KALENDS_STATEMENTS names a file, every statement of this process is added to it."""
    with kept():
        yield


@pytest.fixture(scope="session")
def django_db_setup(server: str) -> None:
    """Django's own tests use the same database; it is migrated already."""


@pytest.fixture(scope="session", autouse=True)
def passwords_hashed_quickly() -> Iterator[None]:
    """Argon2 as it is, at the least cost: a test makes users by the hundred."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "time_cost", 1)
        patch.setattr(Argon2PasswordHasher, "memory_cost", 8)
        patch.setattr(Argon2PasswordHasher, "parallelism", 1)
        yield


@pytest.fixture
def connect(server: str) -> Iterator[Connect]:
    """Opens connections of the application's role, which see no account until they enter one."""
    opened: list[AnyConnection] = []

    def open_one() -> AnyConnection:
        connection = database.connect(autocommit=True)
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def owner(account: AccountContext) -> Iterator[AnyConnection]:
    """A connection of the tables' owner, inside the account: to break things on purpose."""
    connection = database.connect(as_owner=True, autocommit=True)
    enter_account(connection, account.id)
    yield connection
    connection.close()


@pytest.fixture
def db(connect: Connect) -> AnyConnection:
    """A connection of the application's role."""
    return connect()


@pytest.fixture
def account(db: AnyConnection) -> AccountContext:
    """A sandbox in Oslo that bills in euros, kroner and dollars, and takes payments in parts; ``db`` has entered it."""
    return create_account(
        db,
        name="Nordlys Test AS",
        time_zone="Europe/Oslo",
        currency="EUR",
        currencies=("NOK", "USD"),
        country="NO",
        now=FIRST_MOMENT,
        clock_at=FIRST_MOMENT,
        settings=AccountSettings(partial_payments=True),
    )


@pytest.fixture
def account_id(account: AccountContext) -> int:
    """The account's number."""
    return account.id


@pytest.fixture
def processors(account: AccountContext) -> Iterator[AccountProcessors]:
    """The account's processors."""
    opened = AccountProcessors(database.connect, account.id)
    yield opened
    opened.close()


@pytest.fixture
def inside(connect: Connect, account: AccountContext) -> Connect:
    """Opens further connections that have entered the account: a second machine, a second click."""

    def open_inside() -> AnyConnection:
        connection = connect()
        enter_account(connection, account.id)
        return connection

    return open_inside


@pytest.fixture
def world(db: AnyConnection, account: AccountContext, processors: AccountProcessors) -> World:
    """The account with short words for what happens in it."""
    return World(db, account, processors)
