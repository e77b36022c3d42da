"""Live accounts, a worker with a clock of its own, and a folder for its letters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kalends.accounts.create import create_account
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.databases_for_tests import emptied_database
from kalends.platform.translations import compile_translations
from kalends.worker.loop import Worker
from tests.world import World

MORNING = dt.datetime(2026, 1, 1, 7, 0, tzinfo=dt.UTC)
"""08:00 in Oslo on New Year's Day, an hour after charges start."""


class Clock:
    """A system clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> dt.datetime:
        return self.now

    def move(self, **by: int) -> None:
        self.now += dt.timedelta(**by)


@pytest.fixture
def own_database(server: str) -> Iterator[str]:
    """A database whose accounts are this test's alone, since a worker serves all there are."""
    compile_translations()
    with emptied_database() as dsn:
        yield dsn


@pytest.fixture
def mail(own_database: str, settings: Any, tmp_path: Path) -> Path:
    """Where letters are written."""
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.fixture
def new_world(mail: Path) -> Iterator[Callable[..., World]]:
    """Makes accounts: live ones, or sandboxes whose clock stands at the morning."""
    opened: list[Any] = []

    def make(*, live: bool = True) -> World:
        db = database.connect(autocommit=True)
        ctx = create_account(
            db,
            name="Nordlys Live AS",
            time_zone="Europe/Oslo",
            currency="EUR",
            country="NO",
            now=MORNING,
            clock_at=None if live else MORNING,
        )
        processors = AccountProcessors(database.connect, ctx.id)
        opened.extend((processors, db))
        return World(db, ctx, processors)

    yield make
    for item in opened:
        item.close()


@pytest.fixture
def clock() -> Clock:
    """The system's clock, as far as the worker knows."""
    return Clock()


@pytest.fixture
def worker(mail: Path, clock: Clock) -> Iterator[Worker]:
    """A worker that is told when to take its rounds."""
    made = Worker(clock, lambda: database.connect(autocommit=True))
    yield made
    made._disconnect()
