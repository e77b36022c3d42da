"""Who works in an installation: workers and servers say that they live, and what they share."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kalends.operations.beating import Heart
from kalends.operations.processes import (
    ONCE,
    WEB,
    WORKER,
    Process,
    beat,
    is_served,
    last_worker,
    leave,
    not_shared,
    processes,
    this_process,
)
from kalends.platform import database
from kalends.platform.home import Home, open_home
from kalends.worker.loop import Worker
from tests.conftest import AnyConnection
from tests.operations.conftest import Log
from tests.worker.conftest import Clock
from tests.world import World

NOW = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def alone(own_database: str) -> Iterator[AnyConnection]:
    """A connection to a database in which nobody else works."""
    with database.connect(autocommit=True) as connection:
        yield connection


def test_a_process_is_alive_for_a_minute_after_it_was_last_seen(home: Home, alone: AnyConnection) -> None:
    me = this_process(home, WORKER, NOW)
    beat(alone, me, NOW)
    (seen,) = processes(alone)
    assert seen == me
    assert seen.is_alive(NOW + 60 * SECOND)
    assert not seen.is_alive(NOW + 61 * SECOND)
    beat(alone, me, NOW + 61 * SECOND)
    assert processes(alone)[0].is_alive(NOW + 61 * SECOND)
    leave(alone, me)
    assert processes(alone) == []


def test_one_that_was_killed_is_forgotten_after_a_day_by_whoever_lives(
    home: Home, alone: AnyConnection
) -> None:
    killed, alive = this_process(home, WORKER, NOW), this_process(home, WEB, NOW)
    beat(alone, killed, NOW)
    beat(alone, alive, NOW + dt.timedelta(days=1))
    assert len(processes(alone)) == 2
    beat(alone, alive, NOW + dt.timedelta(days=1, seconds=1))
    assert [each.id for each in processes(alone)] == [alive.id]


def test_a_worker_of_one_account_serves_no_other(home: Home) -> None:
    known = [this_process(home, WORKER, NOW, only=7), this_process(home, WEB, NOW)]
    assert is_served(known, 7, NOW)
    assert not is_served(known, 8, NOW)
    assert not is_served(known, 7, NOW + 61 * SECOND)
    everybody = this_process(home, WORKER, NOW - 5 * SECOND)
    assert last_worker([*known, everybody], 8) == everybody
    assert last_worker([*known, everybody], 7) == known[0]


def test_one_that_comes_by_now_and_then_is_one_row(home: Home, alone: AnyConnection) -> None:
    for minute in range(3):
        at = NOW + minute * 60 * SECOND
        beat(alone, this_process(home, ONCE, at), at, at)
    (seen,) = processes(alone)
    assert (seen.seen_at, seen.turned_at) == (NOW + 120 * SECOND, NOW + 120 * SECOND)
    assert is_served([seen], 7, NOW + 150 * SECOND)


def test_a_worker_that_lives_and_takes_no_turns_is_stuck(home: Home) -> None:
    worker = this_process(home, WORKER, NOW)
    later = NOW + dt.timedelta(minutes=16)
    assert worker._replace(seen_at=later).is_stuck(later)
    assert not worker._replace(seen_at=later, turned_at=later).is_stuck(later)
    assert not worker.is_stuck(later), "dead is not stuck"
    assert not worker._replace(seen_at=later, kind=WEB).is_stuck(later)


def changed(home: Home, name: str) -> None:
    home.files_mark(), home.sealing_keys(), home.secret_key()
    (home.path / name).write_text("of another machine")


@pytest.mark.parametrize(
    ("file", "differs"),
    [("keys/signing-key", "signing_key"), ("keys/sealing-keys", "sealing_keys"), ("files/.folder", "files")],
)
def test_machines_that_do_not_share_what_they_should_are_found(home: Home, file: str, differs: str) -> None:
    here = this_process(home, WEB, NOW)
    assert not_shared([here, this_process(home, WORKER, NOW)], NOW) == []
    changed(home, file)
    there = this_process(home, WORKER, NOW)
    assert not_shared([here, there], NOW) == [differs]
    assert not_shared([here, there], NOW + 61 * SECOND) == [], "who is gone does not count"
    assert not_shared([here, here._replace(version="0.0.9")], NOW) == ["version"]


def test_no_key_is_told_by_its_fingerprint(home: Home) -> None:
    shared = this_process(home, WEB, NOW).shared
    for secret in (home.secret_key(), home.sealing_keys()):
        assert secret[:8] not in str(shared)
    assert len(set(shared)) == 3


def test_a_heart_warns_once_when_keys_differ(home: Home, alone: AnyConnection, log: Log) -> None:
    beat(alone, this_process(home, WEB, NOW), NOW)
    changed(home, "keys/signing-key")
    heart = Heart(lambda: database.connect(autocommit=True), lambda: NOW, this_process(home, WORKER, NOW))
    heart.beat()
    heart.beat()
    assert [line["what"] for line in log.of("processes differ")] == [["signing_key"]]


def test_a_heart_beats_while_the_block_lasts_and_says_goodbye(home: Home, alone: AnyConnection) -> None:
    beaten = threading.Event()

    def connect() -> AnyConnection:
        connection = database.connect(autocommit=True)
        beaten.set()
        return connection

    with Heart(connect, lambda: NOW, this_process(home, WORKER, NOW)).beside():
        assert beaten.wait(30)
    assert processes(alone) == []


class Looked(Worker):
    """A worker that looks for itself after its first round, and ends."""

    seen: list[Process] = []  # noqa: RUF012 - of one test

    def _rest(self) -> None:
        assert self._heart is not None
        self._heart.beat()
        with self.connect() as db:
            Looked.seen = processes(db)
        self.stop.set()


def test_a_worker_is_seen_while_it_runs_and_tells_when_it_took_its_turns(
    new_world: Callable[..., World], clock: Clock, alone: AnyConnection
) -> None:
    new_world()
    Looked(clock, lambda: database.connect(autocommit=True)).run()
    (me,) = Looked.seen
    assert (me.kind, me.only, me.turned_at) == (WORKER, None, clock())
    assert processes(alone) == []


def test_a_worker_for_cron_leaves_word_of_its_last_visit(
    new_world: Callable[..., World], worker: Worker, alone: AnyConnection
) -> None:
    new_world()
    worker.run_once()
    (me,) = processes(alone)
    assert (me.kind, me.turned_at) == (ONCE, worker.clock())
