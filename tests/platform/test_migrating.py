"""Tables are brought up to date while others work: once, without making them wait, whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import psycopg
import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connections, migrations, models
from django.db.migrations.state import ProjectState

from kalends.platform import database, migrating
from kalends.platform.boot import migrate_database
from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.errors import UserFacing
from kalends.platform.migration_parts import AddIndexBeside
from tests.at_once import at_once


@pytest.fixture
def dsn(server: str, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), fresh_database("migrating") as made:
        yield made


def owner() -> psycopg.Connection[Any]:
    return database.connect(as_owner=True, autocommit=True)


class Grow(migrations.Migration):
    """A migration of a test's."""

    operations: ClassVar = [
        migrations.RunSQL("ALTER TABLE contact ADD COLUMN shoe_size integer"),
        migrations.RunSQL("ALTER TABLE company ADD COLUMN color text"),
    ]


class Index(migrations.Migration):
    """An index that is made beside the traffic."""

    atomic = False
    operations: ClassVar = [
        AddIndexBeside("contact", models.Index(fields=["account_id", "phone"], name="contact_of_test")),
    ]


def apply(migration: type[migrations.Migration]) -> None:
    """Do a migration as the installation's are done."""
    executor = migrating._Executor(connections["owner"])
    state: ProjectState = executor.loader.project_state()
    executor.apply_migration(state, migration("of_a_test", "crm"))
    connections["owner"].close()


def columns(db: psycopg.Connection[Any]) -> int:
    query = "SELECT count(*) FROM information_schema.columns WHERE column_name IN ('shoe_size', 'color')"
    row = db.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_a_migration_behind_a_long_statement_lets_others_pass_and_is_done_later(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "LOCK_WAIT", "100ms")
    with owner() as reader, owner() as other:
        rests: list[float] = []

        def rest(seconds: float) -> None:
            rests.append(seconds)
            # While it rests nobody waits behind it, and the half that was done is taken back.
            other.execute("SET statement_timeout = '1s'")
            other.execute("SELECT count(*) FROM contact")
            other.execute("SELECT count(*) FROM company")
            assert columns(other) == 0
            if len(rests) == 2:
                reader.commit()

        reader.autocommit = False
        reader.execute("SELECT count(*) FROM company")
        monkeypatch.setattr(migrating, "_migrate", lambda targets: apply(Grow))
        migrating.migrate_all(wait=rest)
        assert len(rests) == 2
        assert rests == sorted(rests)
        assert columns(other) == 2


def test_who_holds_what_has_to_be_changed_is_named(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "LOCK_WAIT", "50ms")
    monkeypatch.setattr(migrating, "TRIES", 2)
    monkeypatch.setattr(migrating, "_migrate", lambda targets: apply(Grow))
    with owner() as reader:
        reader.autocommit = False
        reader.execute("SELECT count(*) FROM company")
        with pytest.raises(UserFacing) as told:
            migrating.migrate_all(wait=lambda seconds: None)
        assert f"process {reader.info.backend_pid}" in str(told.value)
        assert "FROM company" in str(told.value)


def test_a_migration_and_its_note_are_one(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(migrating._Executor, "record_migration", killed)
    with pytest.raises(KeyboardInterrupt):
        apply(Grow)
    with owner() as db:
        assert columns(db) == 0


def test_machines_that_start_at_once_make_the_tables_once(
    server: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    inside = threading.Lock()

    def is_behind() -> bool:
        assert inside.acquire(blocking=False), "two migrate at the same moment"
        threading.Event().wait(0.1)
        inside.release()
        done.append(1)
        return False

    monkeypatch.setattr(migrating, "is_behind", is_behind)
    with django_db_blocker.unblock():
        answers = at_once(*[lambda: migrate_database(server) for _ in range(4)])
    assert answers == [None] * 4
    assert len(done) == 4


def test_an_index_is_made_although_another_machine_waits_to_migrate(dsn: str) -> None:
    waits = threading.Event()
    with owner() as first, owner() as second:
        migrating.take_the_lock(first)

        def rest(seconds: float) -> None:
            waits.set()
            threading.Event().wait(seconds)

        waiting = threading.Thread(target=lambda: migrating.take_the_lock(second, wait=rest))
        waiting.start()
        assert waits.wait(10)
        apply(Index)
        first.close()
        waiting.join(10)
        assert not waiting.is_alive()


def test_an_index_that_was_broken_off_is_made_anew(dsn: str) -> None:
    with owner() as db:
        db.execute("CREATE TABLE of_test AS SELECT 1 AS a FROM generate_series(1, 2)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            db.execute("CREATE UNIQUE INDEX CONCURRENTLY contact_of_test ON of_test (a)")
        apply(Index)
        query = "SELECT indrelid::regclass::text, indisvalid FROM pg_index WHERE indexrelid = %s::regclass"
        assert db.execute(query, ["contact_of_test"]).fetchone() == ("contact", True)


def test_our_index_operation_is_djangos_with_that_added() -> None:
    assert issubclass(AddIndexBeside, AddIndexConcurrently)
