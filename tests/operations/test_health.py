"""A supervisor learns whether the process lives, a load balancer whether requests should come here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from kalends.operations import health
from kalends.platform.home import Home, home_path


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of the test's own with both keys of this run, whose own are in use beside it."""
    Home(home_path()).sealing_keys()
    shutil.copytree(home_path() / "keys", tmp_path / "home" / "keys")
    monkeypatch.setenv("KALENDS_HOME", str(tmp_path / "home"))
    return Home(home_path())


def ask(path: str = "/health") -> tuple[int, dict[str, Any]]:
    answer = Client().get(path)
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()


def test_all_is_well() -> None:
    well = {"status": "ok", "database": "answers", "tables": "up to date", "keys": "there"}
    assert ask() == (200, well)
    assert ask("/health/live") == (200, {"status": "ok"})


def test_without_the_database_it_is_not_ready_but_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(connection, "cursor", gone)
    status, told = ask()
    assert (status, told["status"], told["database"], told["tables"]) == (
        503,
        "unavailable",
        "does not answer",
        "not known",
    )
    assert ask("/health/live")[0] == 200


def test_tables_of_an_older_version_are_not_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    known = health._migrations()
    monkeypatch.setattr(health, "_migrations", lambda: known | {("billing", "9999_of_tomorrow")})
    status, told = ask()
    assert status == 503
    assert told["tables"].startswith("older than this version")


def test_tables_of_a_newer_version_are_so_that_versions_may_run_beside_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fewer = frozenset(sorted(health._migrations())[:-1])
    monkeypatch.setattr(health, "_migrations", lambda: fewer)
    assert ask()[0] == 200


@contextmanager
def away(path: Path) -> Iterator[None]:
    hidden = path.with_name("hidden-by-a-test")
    path.rename(hidden)
    try:
        yield
    finally:
        hidden.rename(path)


@pytest.mark.parametrize("name", ["signing-key", "sealing-keys"])
def test_a_missing_key_is_told(keys: Home, name: str) -> None:
    with away(keys.keys / name):
        assert (ask()[0], ask()[1]["keys"]) == (503, "missing")
    assert ask()[0] == 200


def test_a_signing_key_that_was_changed_under_the_process_is_told(keys: Home) -> None:
    with away(keys.keys / "signing-key"):
        (keys.keys / "signing-key").write_text("another one")
        status, told = ask()
        (keys.keys / "signing-key").unlink()
    assert (status, told["keys"]) == (503, "missing")


def test_nothing_is_told_that_a_stranger_may_not_know() -> None:
    told = str(ask()[1])
    assert settings.SECRET_KEY not in told
    assert str(home_path()) not in told
    assert connection.settings_dict["NAME"] not in told


def test_a_load_balancer_may_call_by_address_and_only_read() -> None:
    assert Client().get("/health", headers={"Host": "10.0.0.7:8000"}).status_code == 200
    assert Client().post("/health").status_code == 405
    assert Client().head("/health/live").status_code == 200
