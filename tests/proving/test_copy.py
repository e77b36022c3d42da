"""The copy that is proved holds the books and nothing that lets anybody in or out; the original is only read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from kalends.accounts.create import create_account
from kalends.accounts.people import add_member, add_user
from kalends.accounts.sql import enter_account
from kalends.accounts.tokens import create_token
from kalends.platform import database
from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.errors import ExitCode, UserFacing
from kalends.portability.tables import CARRIED, models_with_account
from kalends.proving.copy import (
    NOT_COPIED,
    WORKED_OUT,
    copy_books,
    reading,
    refuse_other_version,
)
from kalends.proving.harmless import harmless_environment, make_harmless
from kalends.proving.prove import prove
from kalends.proving.theater import Wishes
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.world import World

NOW = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)
WAYS_IN = ("django_session", "passkey", "second_factor", "recovery_code", "user_session")
NAME = "Nordlys Butikk AS"


@dataclass
class Live:
    """A live account that collects through Stripe, in the midst of its work; and another account beside it."""

    id: int
    beside: int
    source: AnyConnection


@pytest.fixture
def live(db: AnyConnection, world: World) -> Iterator[Live]:
    ctx = create_account(
        db, name=NAME, time_zone="Europe/Oslo", currency="EUR", country="NO", now=FIRST_MOMENT
    )
    account = World(db, ctx, world.processors)
    user = add_user(db, email=f"maja.{ctx.id}@kalends.test", name="Maja")
    add_member(db, ctx.id, user, "admin")
    create_token(db, ctx.id, name="Program", scopes=("all",), now=FIRST_MOMENT)
    contact = account.customer()
    account.subscribe(contact, "100", method=account.method(contact))
    db.execute("UPDATE payment_method SET processor = 'stripe', token = 'pm_live_1'")
    db.execute(
        "INSERT INTO stripe_connection (account_id, sealed_key, is_test, merchant, merchant_name, country, currency, "
        "methods, can_charge, can_pay_out, connected_at, connected_by, checked_at, events_to) "
        "VALUES (%s, 'sealed', false, 'acct_1', 'Nordlys', 'NO', 'NOK', '[]', true, true, '2026-01-01Z', 'x', "
        "'2026-01-01Z', '2026-01-01Z')",
        [ctx.id],
    )
    db.execute(
        "INSERT INTO message (account_id, id, kind, object_id, occasion, recipient, language, status, "
        "created_at) "
        "VALUES (%s, nextval('record_id'), 'receipt', 1, 'x', 'k@customers.test', 'en', 'queued', '2026-01-01Z')",
        [ctx.id],
    )
    columns = "account_id, id, name, object, version, is_on, created_at, updated_at"
    values = "%s, nextval('record_id'), 'Welcome', 'contacts', 1, true, '2026-01-01Z', '2026-01-01Z'"
    db.execute(f"INSERT INTO workflow ({columns}) VALUES ({values})", [ctx.id])
    enter_account(db, world.ctx.id)
    with database.connect(as_owner=True, autocommit=True) as source:
        yield Live(ctx.id, world.ctx.id, source)


@pytest.fixture
def copy(live: Live) -> Iterator[psycopg.Connection[Any]]:
    """A connection that may do everything in a copy of the live account."""
    with (
        fresh_database("copied") as dsn,
        psycopg.connect(make_conninfo(dsn, user="postgres"), autocommit=True) as target,
    ):
        with reading(live.source):
            copy_books(live.source, target, [(live.id, NAME)])
        yield target


def rows(db: psycopg.Connection[Any], query: str, *params: Any) -> list[Any]:
    found = db.execute(query, params).fetchall()  # type: ignore[call-overload]
    return [row[0] if len(row) == 1 else row for row in found]


def test_every_record_of_the_account_is_in_it_and_none_of_another(
    live: Live, copy: psycopg.Connection[Any]
) -> None:
    enter_account(live.source, live.id)
    for table in set(CARRIED) - NOT_COPIED:
        query = f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE account_id = %s ORDER BY 1"
        assert rows(copy, query, live.id) == rows(live.source, query, live.id), table
        assert rows(copy, f"SELECT count(*) FROM {table} WHERE account_id <> %s", live.id) == [0], table
    assert rows(copy, "SELECT id FROM account") == [live.id]
    assert rows(copy, "SELECT name FROM subscription") == ["Fleet Core"]
    # And numbers go on where the original stands.
    assert rows(copy, "SELECT last_value FROM record_id") == rows(
        live.source, "SELECT last_value FROM record_id"
    )


def test_keys_tokens_sessions_and_calls_stay_with_the_original(
    live: Live, copy: psycopg.Connection[Any]
) -> None:
    for table in {*(models_with_account().keys() - set(CARRIED)), *NOT_COPIED, *WAYS_IN} - set(WORKED_OUT):
        assert rows(copy, f"SELECT count(*) FROM {table}") == [0], table
    assert set(rows(copy, "SELECT password FROM app_user")) == {"!"}
    enter_account(live.source, live.id)
    assert rows(live.source, "SELECT count(*) FROM access_token") == [1]


def test_the_original_is_read_in_a_transaction_that_cannot_write(live: Live) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), reading(live.source):
        live.source.execute("UPDATE account SET name = 'x'")


def test_a_copy_is_made_harmless(live: Live, copy: psycopg.Connection[Any]) -> None:
    make_harmless(copy, [live.id], NOW)

    assert rows(copy, "SELECT mode, clock_at FROM account") == [("sandbox", NOW)]
    ((processor, token),) = rows(copy, "SELECT processor, token FROM payment_method")
    assert (processor, token.partition("-")[0]) == ("sandbox", "tok_card_approved")
    assert rows(copy, "SELECT DISTINCT status FROM message") == ["kept"]
    assert rows(copy, "SELECT DISTINCT is_on FROM workflow") == [False]
    enter_account(live.source, live.id)
    assert rows(live.source, "SELECT token FROM payment_method") == ["pm_live_1"]
    assert rows(live.source, "SELECT mode FROM account WHERE id = %s", live.id) == ["live"]


def test_its_processes_know_no_mail_server_no_key_and_no_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (
        "KALENDS_SMTP_URL",
        "KALENDS_STRIPE_API",
        "KALENDS_WEBHOOK_NETWORKS",
        "KALENDS_DEMO_SIGN_IN",
    ):
        monkeypatch.setenv(name, "somewhere")
    monkeypatch.setenv("KALENDS_HOME", "/srv/kalends")

    known = harmless_environment(tmp_path, "host=here")

    assert "somewhere" not in known.values()
    assert (known["KALENDS_HOME"], known["DATABASE_URL"]) == (str(tmp_path), "host=here")
    assert known["KALENDS_SEALED_OFF"] == "1"


def test_tables_of_another_version_are_refused(live: Live) -> None:
    with fresh_database("other") as dsn, psycopg.connect(dsn, autocommit=True) as target:
        refuse_other_version(live.source, target)
        target.execute("DELETE FROM django_migrations WHERE app = 'billing'")
        with pytest.raises(UserFacing, match="another version") as refused:
            refuse_other_version(live.source, target)
    assert refused.value.exit_code == ExitCode.DATABASE_UNAVAILABLE


def test_where_there_is_no_room_nothing_is_begun(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalends.proving.copy.ROOM_FOR_THE_SERVER_BYTES", 10**18)
    with pytest.raises(UserFacing, match="no room") as refused:
        prove(
            live.source,
            [(live.id, NAME)],
            Wishes(kills=0, seed=1, months=1),
            place=tmp_path,
            stage_command=[],
            now=NOW,
        )
    assert refused.value.exit_code == ExitCode.NO_ROOM
    assert "KALENDS_PROVING" in str(refused.value.remedy)
    assert list(tmp_path.iterdir()) == []
