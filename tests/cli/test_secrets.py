"""Sealing with a new key: every secret is opened by the newest key alone afterwards, and is what it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from kalends.accounts import second_factor
from kalends.accounts.create import create_account
from kalends.accounts.integration_apps import create_app, list_apps, revoke_app
from kalends.accounts.models import User
from kalends.accounts.people import add_user
from kalends.accounts.sql import enter_account
from kalends.platform import database, sealing
from kalends.platform.databases_for_tests import fresh_database
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
        fresh_database("secrets"),
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
