"""Sealing with a new key: every secret is opened by the newest key alone afterwards, and is what it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from kalends.accounts import resealing, second_factor
from kalends.accounts.create import create_account
from kalends.accounts.integration_apps import create_app, list_apps, revoke_app
from kalends.accounts.models import User
from kalends.accounts.people import add_user
from kalends.accounts.sql import enter_account
from kalends.platform import database, sealing
from kalends.platform.databases_for_tests import emptied_database
from kalends.platform.home import Home, open_home
from tests.cli.conftest import Give
from tests.conftest import FIRST_MOMENT, AnyConnection

OLD, NEW = "the key of before", "the key from here on"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Sealing keys of this test's own."""
    own = open_home(tmp_path / "home")
    monkeypatch.setattr(sealing, "open_home", lambda: own)
    keep(own, OLD)
    return own


@pytest.fixture
def db(home: Home, server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[AnyConnection]:
    """A database in which all that is sealed was sealed with those keys."""
    with (
        django_db_blocker.unblock(),
        emptied_database(),
        database.connect(autocommit=True) as connection,
    ):
        yield connection


def keep(home: Home, *keys: str) -> None:
    """Let these be the installation's keys, the newest first."""
    (home.keys / "sealing-keys").write_text("\n".join(keys))


def account_with_apps(db: AnyConnection, name: str) -> int:
    """An account with an app that works and one that was revoked."""
    ctx = create_account(
        db, name=name, time_zone="UTC", currency="EUR", country="NO", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    for app in ("Mirror", "Former"):
        create_app(db, ctx.id, name=app, now=FIRST_MOMENT)
    revoke_app(db, ctx.id, "Former", FIRST_MOMENT)
    return ctx.id


def secrets_of(db: AnyConnection, account_id: int) -> list[str]:
    enter_account(db, account_id)
    return [each.client_secret for each in list_apps(db, account_id)]


def test_the_newest_key_alone_opens_everything_afterwards(give: Give, db: AnyConnection, home: Home) -> None:
    accounts = [account_with_apps(db, name) for name in ("Nordlys", "Aas")]
    before = [secrets_of(db, each) for each in accounts]
    user = User.objects.get(id=add_user(db, email="maja@kalends.test", name="Maja Lindqvist"))
    second_factor.begin_app(user)
    address = second_factor.pending_app(user)

    keep(home, NEW, OLD)
    assert give("secrets", "reseal", "--json").json() | {"keys": ""} == {
        "keys": "", "anew": 5, "before": 0, "lost": []
    }  # fmt: skip
    keep(home, NEW)

    assert [secrets_of(db, each) for each in accounts] == before
    assert second_factor.pending_app(user) == address
    again = give("secrets", "reseal")
    assert (again.code, again.out) == (0, "Sealed anew: 0. Sealed with the newest key before: 5.\n")


def test_what_no_key_opens_is_named_and_keeps_nothing_else_from_being_done(
    give: Give, db: AnyConnection, home: Home
) -> None:
    account_id = account_with_apps(db, "Nordlys")
    keep(home, NEW)
    lost = create_app(db, account_id, name="Later", now=FIRST_MOMENT).app
    keep(home, "the newest", OLD)

    done = give("secrets", "reseal")

    assert done.code == 1
    assert "Sealed anew: 2." in done.out
    assert f"opens the secret of app {lost.id} (Later) of account {account_id}." in done.err


def connected_to_stripe(db: AnyConnection, account_id: int) -> None:
    """What connecting stores: a key, and a secret by which reports are known."""
    enter_account(db, account_id)
    db.execute(
        "INSERT INTO stripe_connection (account_id, sealed_key, sealed_signing, is_test, merchant, merchant_name, "
        "country, currency, methods, can_charge, can_pay_out, connected_at, connected_by, checked_at, events_to) "
        "VALUES (%s, %s, %s, true, 'acct_1', 'Nordlys', 'NO', 'EUR', '[]', true, true, %s, 'system', %s, %s)",
        [account_id, sealing.seal("rk_test_1"), sealing.seal("whsec_1"), *[FIRST_MOMENT] * 3],
    )


def keys_of_stripe(db: AnyConnection, account_id: int) -> list[str]:
    enter_account(db, account_id)
    row = db.execute("SELECT sealed_key, sealed_signing FROM stripe_connection").fetchone()
    assert row is not None
    return [sealing.unseal(each) for each in row]


def test_processors_keys_are_sealed_anew_too(give: Give, db: AnyConnection, home: Home) -> None:
    account_id = account_with_apps(db, "Nordlys")
    connected_to_stripe(db, account_id)

    keep(home, NEW, OLD)
    assert give("secrets", "reseal", "--json").json()["anew"] == 4
    keep(home, NEW)

    assert keys_of_stripe(db, account_id) == ["rk_test_1", "whsec_1"]


@pytest.mark.parametrize("after", range(4))
def test_a_run_that_was_ended_leaves_what_it_did_and_the_next_goes_on(
    give: Give, db: AnyConnection, home: Home, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    account_id = account_with_apps(db, "Nordlys")
    connected_to_stripe(db, account_id)
    keep(home, NEW, OLD)
    left = iter(range(after))

    def until_it_is_ended(sealed: bytes) -> bytes | None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return sealing.resealed(sealed)

    with monkeypatch.context() as patch:
        patch.setattr(resealing, "resealed", until_it_is_ended)
        give("secrets", "reseal")

    assert keys_of_stripe(db, account_id) == ["rk_test_1", "whsec_1"]
    again = give("secrets", "reseal", "--json").json()
    assert (again["anew"], again["before"]) == (4 - after, after)
    keep(home, NEW)
    assert keys_of_stripe(db, account_id) == ["rk_test_1", "whsec_1"]
