"""The first version goes on billing while its tables are brought up to date, and the books are right afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from kalends.accounts.context import load_context
from kalends.accounts.sql import enter_account
from kalends.platform import database, migrating
from kalends.platform.boot import point_django_at
from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.scratch import drop_database
from kalends.proof.verify import verify
from tests.platform.migrations_grow import BASELINE
from tests.platform.tape import Broken, play

TAPE = Path(__file__).with_name("first_version.json.gz")


@pytest.fixture
def at_first(server: str, django_db_blocker: Any) -> Iterator[str]:
    """A database that stands where the first version stood."""
    name = f"first_version_{os.getpid()}"
    dsn = make_conninfo(server, dbname=name)
    with django_db_blocker.unblock(), psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            database.use(dsn)
            point_django_at(dsn)
            with database.connect(as_owner=True, autocommit=True) as owner:
                database.ensure_application_role(owner)
                migrating.migrate_all(list(BASELINE.items()))
                database.ensure_application_role(owner)
            database.use(dsn)
            yield dsn
        finally:
            database.use(server)
            point_django_at(server)
            drop_database(server, name)


def test_the_first_version_goes_on_while_its_tables_are_brought_up_to_date(at_first: str) -> None:
    assert migrating.is_behind(), "there is nothing to rehearse"
    tape = [sys.executable, "-m", "tests.platform.tape", str(TAPE), database.application_dsn(at_first)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(tape, text=True, **pipes) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "playing\n", first.communicate()[1]
        upgrade = subprocess.run(
            [sys.executable, "-m", "kalends.cli", "status"],
            env=database.environment_for_children(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        played, told = first.communicate("go on\n")
    assert (upgrade.returncode, upgrade.stderr) == (0, "")
    assert (first.returncode, told) == (0, "")
    assert int(played) > 1_000
    assert not migrating.is_behind()
    with database.connect(autocommit=True) as db:
        (account_id,) = db.execute("SELECT id FROM account").fetchall()[0]
        enter_account(db, account_id)
        ctx = load_context(db, account_id, system_now=migrated_at(db))
        assert verify(db, ctx).differences == []
        counted = db.execute("SELECT count(*) FROM invoice WHERE account_id = %s", [account_id]).fetchone()
    assert counted is not None
    assert counted[0] >= 12


def migrated_at(db: psycopg.Connection[Any]) -> Any:
    row = db.execute("SELECT clock_at FROM account").fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    "fault",
    [
        "ALTER TABLE message RENAME COLUMN occasion TO moment",
        "ALTER TABLE invoice ADD COLUMN needed text NOT NULL",
        "ALTER TABLE ledger_transfer DROP COLUMN leg CASCADE",
    ],
)
def test_what_breaks_the_first_version_is_found_out(server: str, django_db_blocker: Any, fault: str) -> None:
    with django_db_blocker.unblock(), fresh_database("broken") as dsn:
        with database.connect(as_owner=True, autocommit=True) as owner:
            owner.execute(fault)  # type: ignore[call-overload]
        with pytest.raises(Broken):
            play(TAPE, database.application_dsn(dsn))
