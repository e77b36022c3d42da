"""Which database is used, what is said when it cannot be, and the role that ordinary work is done as."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from kalends.platform import database
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home
from tests.platform.conftest import SRC

pytestmark = pytest.mark.usefixtures("test_database")


def _refused(url: str) -> UserFacing:
    with pytest.raises(UserFacing) as refused:
        database.open_database(Home(Path("/no/such/home")), {"DATABASE_URL": url})
    return refused.value


def test_a_server_that_does_not_answer_is_named_and_its_password_is_not() -> None:
    problem = _refused("postgresql://kari:secret@127.0.0.1:9/book")
    assert problem.where == "host 127.0.0.1, port 9, database book"
    assert "refused" in problem.value
    assert "DATABASE_URL" in problem.remedy
    assert problem.exit_code is ExitCode.DATABASE_UNAVAILABLE
    assert "secret" not in str(problem)


def test_an_address_that_cannot_be_read_is_refused_with_an_example() -> None:
    problem = _refused("mysql//kari:secret@book")
    assert "postgresql://" in problem.remedy
    assert problem.exit_code is ExitCode.DATABASE_UNAVAILABLE
    assert "secret" not in str(problem)


def test_an_old_server_is_refused_with_both_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OLDEST_MAJOR", 99)
    with pytest.raises(UserFacing, match="99 or newer") as refused:
        database.use(database.current_dsn())
    assert refused.value.value.startswith("PostgreSQL ")


def test_a_failed_try_leaves_the_database_in_use_alone(test_database: str) -> None:
    _refused("postgresql://127.0.0.1:9/book")
    assert database.current_dsn() == test_database


def test_ordinary_work_is_done_by_a_role_that_owns_nothing_and_cannot_leave_itself() -> None:
    with database.connect() as connection:
        assert connection.execute("SELECT current_user").fetchone() == (database.APPLICATION_ROLE,)
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT current_user").fetchone() == (database.APPLICATION_ROLE,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")


def test_ordinary_work_may_copy_into_a_table_of_the_session() -> None:
    with database.connect() as connection:
        connection.execute("CREATE TEMPORARY TABLE staging (id int)")
        with connection.cursor() as cursor, cursor.copy("COPY staging FROM STDIN") as copy:
            copy.write_row([1])
        assert connection.execute("SELECT count(*) FROM staging").fetchone() == (1,)


def test_only_the_owner_may_change_tables() -> None:
    with database.connect(as_owner=True) as connection:
        connection.execute("CREATE TABLE mine (id int)")
        connection.rollback()


def test_the_role_gets_rights_on_tables_nobody_spoke_of_and_no_more_on_others() -> None:
    with database.connect(as_owner=True) as owner:
        owner.execute("CREATE TABLE open_to_all (id int); CREATE TABLE append_only (id int)")
        owner.execute("GRANT SELECT, INSERT ON append_only TO kalends_app")
        database.ensure_application_role(owner)
        rights = owner.execute(
            "SELECT has_table_privilege('kalends_app', name, 'UPDATE') FROM (VALUES ('open_to_all'), ('append_only'),"
            " ('django_migrations')) AS tables (name)"
        ).fetchall()
        owner.rollback()
    assert rights == [(True,), (False,), (False,)]


def test_django_works_as_the_same_role_and_migrates_as_the_owner() -> None:
    from django.db import connections

    databases = database.django_databases(database.current_dsn())
    assert databases["default"]["USER"] == "kalends_app"
    assert databases["default"]["OPTIONS"]["options"] == "-c enable_bitmapscan=off"
    assert databases["owner"]["USER"] == "kalends"
    assert "options" not in databases["owner"]["OPTIONS"]
    assert databases["default"]["NAME"] == connections.settings["default"]["NAME"]


def test_a_role_that_is_missing_and_may_not_be_made_is_asked_of_an_administrator() -> None:
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS kalends_guest")
        owner.execute("CREATE ROLE kalends_guest LOGIN")
        try:
            owner.execute("GRANT kalends_guest TO CURRENT_USER")
            owner.execute("SET ROLE kalends_guest")
            with pytest.raises(UserFacing) as refused:
                database.ensure_application_role(owner)
        finally:
            owner.execute("RESET ROLE")
            owner.execute("DROP ROLE kalends_guest")
    assert "GRANT kalends_app TO" in refused.value.remedy


def test_a_new_process_can_work_in_the_same_database() -> None:
    script = (
        "from kalends.platform import database\n"
        "from kalends.platform.home import open_home\n"
        "database.open_database(open_home())\n"
        "print(database.connect().execute('SELECT current_database()').fetchone()[0])\n"
    )
    environment = {**database.environment_for_children(), "PYTHONPATH": str(SRC)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    with database.connect() as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (done.stdout.strip(),)


def test_a_forked_child_works_in_the_same_database_under_a_lease_of_its_own(test_database: str) -> None:
    from kalends.platform.home import open_home

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, database.open_database(open_home()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        assert answer.read() == test_database
    assert os.waitpid(child, 0) == (child, 0)
