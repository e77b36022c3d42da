"""Whoever can say any SQL on a connection of ours: whom can they become, and what can they reach?"""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from kalends.accounts.create import create_account
from kalends.accounts.people import add_user
from kalends.accounts.sql import enter_account
from kalends.platform import database
from kalends.platform.errors import UserFacing
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.world import World


def who(db: AnyConnection) -> tuple[object, ...] | None:
    return db.execute("SELECT session_user::text, current_user::text").fetchone()


@pytest.mark.parametrize(
    "trick",
    [
        "SET ROLE NONE",
        "RESET ROLE",
        "RESET ALL",
        "DISCARD ALL",
        "SET SESSION AUTHORIZATION DEFAULT",
        "RESET SESSION AUTHORIZATION",
        "SELECT set_config('role', 'none', false)",
    ],
)
def test_laying_a_role_down_leads_to_nobody_else(taken_over: AnyConnection, trick: str) -> None:
    taken_over.execute(trick)

    assert who(taken_over) == ("kalends_app", "kalends_app")


@pytest.mark.parametrize(
    "trick",
    [
        "SET ROLE kalends",
        "SET ROLE postgres",
        "SELECT set_config('role', 'kalends', false)",
        "SET SESSION AUTHORIZATION kalends",
        "ALTER ROLE kalends_app SUPERUSER",
        "ALTER ROLE kalends_app BYPASSRLS",
        "ALTER ROLE kalends PASSWORD 'x'",
        "GRANT kalends TO kalends_app",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (id int)",
        "CREATE FUNCTION public.pattern_of_words() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE EXTENSION dblink",
        "CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION refuse_change()",
        "SELECT setval('record_id', 1)",
        "ALTER SYSTEM SET log_statement = 'all'",
        "SET session_replication_role = replica",
    ],
)
def test_becoming_more_than_the_application_is_refused(taken_over: AnyConnection, trick: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        taken_over.execute(trick)

    assert refused.value.sqlstate in ("42501", "22023", "28000"), refused.value


@pytest.mark.parametrize(
    "trick",
    [
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/out'",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "CREATE TEMPORARY TABLE t (line text); COPY t FROM PROGRAM 'id'",
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_statistic",
        "SELECT pg_reload_conf()",
    ],
)
def test_the_machine_is_out_of_reach(taken_over: AnyConnection, trick: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        taken_over.execute(trick)


def test_the_application_owns_nothing_and_is_nobody_else(taken_over: AnyConnection) -> None:
    rights = taken_over.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, "
        "(SELECT count(*) FROM pg_auth_members WHERE member = r.oid), "
        "(SELECT count(*) FROM pg_class WHERE relowner = r.oid), (SELECT count(*) FROM pg_proc WHERE proowner = r.oid) "
        "FROM pg_roles AS r WHERE rolname = current_user"
    ).fetchone()

    assert rights == (False, False, False, False, False, 0, 0, 0)


def test_a_table_of_ones_own_does_not_stand_before_ours_where_the_owner_acts(
    taken_over: AnyConnection, world: World
) -> None:
    """A temporary table of the same name comes first on the path of the session, and last on the function's."""
    theirs = world.customer("Kari Nordmann")
    stranger = create_account(
        taken_over, name="Stranger", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    enter_account(taken_over, stranger.id)
    taken_over.execute("CREATE TEMPORARY TABLE contact (account_id bigint, id bigint)")
    taken_over.execute("INSERT INTO pg_temp.contact VALUES (%s, %s)", [stranger.id, theirs])

    with pytest.raises(psycopg.errors.RaiseException, match="only for contacts that are there"):
        taken_over.execute("SELECT erase_from_journal(%s, '{}', '{Kari Nordmann}')", [[theirs]])


def test_words_of_another_account_s_journal_stay_where_they_are(
    taken_over: AnyConnection, world: World
) -> None:
    world.customer("Kari Nordmann")
    stranger = create_account(
        taken_over, name="Stranger", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    own = World(taken_over, stranger, world.processors).customer("Ola Strand")
    before = world.one("SELECT md5(string_agg(data::text, ',' ORDER BY id)) FROM event")

    taken_over.execute("SELECT erase_from_journal(%s, '{}', '{Kari Nordmann}')", [[own]])

    assert world.one("SELECT md5(string_agg(data::text, ',' ORDER BY id)) FROM event") == before


def test_another_account_s_settings_can_neither_be_changed_nor_deleted(
    taken_over: AnyConnection, world: World
) -> None:
    stranger = create_account(
        taken_over, name="Stranger", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    enter_account(taken_over, stranger.id)

    assert taken_over.execute("UPDATE account SET name = 'Mine' WHERE id = %s", [world.ctx.id]).rowcount == 0
    assert taken_over.execute("DELETE FROM account WHERE id = %s", [world.ctx.id]).rowcount == 0
    assert taken_over.execute("SELECT FROM account WHERE id = %s FOR UPDATE", [world.ctx.id]).rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        taken_over.execute("UPDATE account SET id = %s WHERE id = %s", [world.ctx.id + 10**9, stranger.id])
    assert taken_over.execute("UPDATE account SET name = 'Ours' WHERE id = %s", [stranger.id]).rowcount == 1


def test_a_user_s_places_in_other_accounts_can_be_read_and_not_changed(
    taken_over: AnyConnection, world: World
) -> None:
    user = add_user(world.db, email=f"kari.{world.ctx.id}@places.test", name="Kari Places")
    world.db.execute(
        "INSERT INTO membership (account_id, user_id, role) VALUES (%s, %s, 'admin')",
        [world.ctx.id, user],
    )
    taken_over.execute("SELECT set_config('kalends.user_id', %s, false)", [str(user)])

    assert taken_over.execute("SELECT account_id FROM membership").fetchall() == [(world.ctx.id,)]
    assert taken_over.execute("UPDATE membership SET role = 'admin'").rowcount == 0
    assert taken_over.execute("DELETE FROM membership").rowcount == 0


def test_what_was_prepared_in_one_account_sees_only_the_next_one(
    taken_over: AnyConnection, world: World
) -> None:
    world.customer()
    stranger = create_account(
        taken_over, name="Stranger", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    enter_account(taken_over, world.ctx.id)
    taken_over.execute("PREPARE look AS SELECT count(*) FROM contact")
    for _ in range(6):  # the sixth time a plan is kept
        assert taken_over.execute("EXECUTE look").fetchone() == (1,)

    enter_account(taken_over, stranger.id)

    assert taken_over.execute("EXECUTE look").fetchone() == (0,)


def test_the_applications_own_login_is_checked(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database._State, "application_url", server)  # which logs in as the owner

    with pytest.raises(UserFacing, match="has to log in as kalends_app") as refused:
        database.use(server)

    assert "ALTER ROLE kalends_app LOGIN" in refused.value.remedy


def test_an_address_of_its_own_is_how_the_application_comes(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = psycopg.conninfo.conninfo_to_dict(server)
    own = make_conninfo(
        host=parts["host"],
        port=parts["port"],
        user="kalends_app",
        application_name="apart",
        dbname="elsewhere",
    )
    monkeypatch.setattr(database._State, "own_login", None)
    monkeypatch.setattr(database._State, "application_url", own)

    login = database._own_login(server)

    assert login is not None
    monkeypatch.setattr(database._State, "own_login", login)
    with psycopg.connect(database.application_dsn(server)) as connection:
        name = connection.execute("SELECT current_database(), current_setting('application_name')").fetchone()
        assert (who(connection), name) == (("kalends_app", "kalends_app"), (parts["dbname"], "apart"))


def test_a_server_that_does_not_let_it_in_gives_it_the_owners_connection(
    server: str, monkeypatch: pytest.MonkeyPatch, superuser: AnyConnection
) -> None:
    parts = psycopg.conninfo.conninfo_to_dict(server)
    by_network = make_conninfo(server, host="127.0.0.1", password="known")  # no socket: nothing is tried
    monkeypatch.setattr(database._State, "application_url", "")
    monkeypatch.setattr(database, "APPLICATION_ROLE", "kalends_nobody")

    assert database._own_login(by_network) is None
    assert database._own_login(server) is None
    assert parts["user"] == "kalends"
