"""Apps: made and shown once, found only inside their account, closed by revoking."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from kalends.accounts import integration_apps as apps
from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.accounts.scopes import UnknownScope
from kalends.accounts.sql import enter_account
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect

READ = "crm.objects.contacts.read"


def _made(db: AnyConnection, account: AccountContext, **more: object) -> apps.NewApp:
    given = {
        "name": "Fleet Mirror",
        "redirect_uris": ["https://fleet.example/back"],
        "scopes": [READ],
        **more,
    }
    return apps.create_app(db, account.id, now=FIRST_MOMENT, **given)  # type: ignore[arg-type]


def test_client_id_and_developer_key_name_their_account(db: AnyConnection, account: AccountContext) -> None:
    made = _made(db, account)
    assert apps.account_of_client(made.app.client_id) == account.id
    assert apps.account_of_developer_key(made.developer_key) == account.id


def test_the_secret_is_stored_sealed_and_the_developer_key_as_a_hash(
    db: AnyConnection, account: AccountContext
) -> None:
    made = _made(db, account)
    found = apps.find_app(db, account.id, made.app.id)
    assert found is not None
    assert found.client_secret == made.client_secret
    assert made.client_secret not in repr(found)
    secret, row = db.execute("SELECT client_secret, to_jsonb(a)::text FROM integration_app AS a").fetchall()[
        0
    ]
    assert made.client_secret.encode() not in bytes(secret)
    assert made.developer_key.split("_", 2)[2] not in row


def test_an_app_is_found_by_each_of_its_keys(db: AnyConnection, account: AccountContext) -> None:
    made = _made(db, account)
    assert apps.find_app(db, account.id, made.app.id) == made.app
    assert apps.find_by_client_id(db, account.id, made.app.client_id) == made.app
    assert apps.find_by_developer_key(db, account.id, made.developer_key) == made.app
    assert apps.find_by_developer_key(db, account.id, made.developer_key[:-1] + "!") is None


def test_an_app_is_found_only_inside_its_account(
    db: AnyConnection, connect: Connect, account: AccountContext
) -> None:
    made = _made(db, account)
    other_db = connect()
    other = create_account(
        other_db,
        name="Another AS",
        time_zone="Europe/Oslo",
        currency="EUR",
        now=FIRST_MOMENT,
        clock_at=FIRST_MOMENT,
    )
    for entered in (other.id, account.id):
        assert apps.find_app(other_db, entered, made.app.id) is None
        assert apps.find_by_client_id(other_db, entered, made.app.client_id) is None
        assert apps.find_by_developer_key(other_db, entered, made.developer_key) is None
    with pytest.raises(apps.UnknownApp):
        apps.revoke_app(other_db, other.id, str(made.app.id), FIRST_MOMENT)
    enter_account(other_db, account.id)
    assert apps.find_app(other_db, account.id, made.app.id) == made.app


def test_a_revoked_app_is_listed_and_found_by_nothing(db: AnyConnection, account: AccountContext) -> None:
    made = _made(db, account)
    apps.revoke_app(db, account.id, "Fleet Mirror", FIRST_MOMENT)
    assert apps.list_apps(db, account.id) == [replace(made.app, revoked_at=FIRST_MOMENT)]
    assert apps.find_app(db, account.id, made.app.id) is None
    assert apps.find_by_client_id(db, account.id, made.app.client_id) is None
    assert apps.find_by_developer_key(db, account.id, made.developer_key) is None
    with pytest.raises(apps.UnknownApp, match="none"):
        apps.revoke_app(db, account.id, str(made.app.id), FIRST_MOMENT)


def test_a_name_that_two_apps_have_chooses_neither(db: AnyConnection, account: AccountContext) -> None:
    first, second = _made(db, account).app, _made(db, account).app
    with pytest.raises(apps.UnknownApp, match="Several"):
        apps.choose_app(db, account.id, "Fleet Mirror")
    assert apps.choose_app(db, account.id, str(second.id)) == second
    assert first.client_id != second.client_id


def test_a_rotated_secret_replaces_secret_and_developer_key(
    db: AnyConnection, account: AccountContext
) -> None:
    made = _made(db, account)
    fresh = apps.rotate_secret(db, account.id, "Fleet Mirror")
    assert fresh.client_secret != made.client_secret
    assert apps.find_by_developer_key(db, account.id, made.developer_key) is None
    found = apps.find_by_developer_key(db, account.id, fresh.developer_key)
    assert found == fresh.app
    assert found is not None
    assert found.client_secret == fresh.client_secret


@pytest.mark.parametrize(
    "uri",
    [
        "http://fleet.example/back",
        "fleet.example/back",
        "/back",
        "https:///back",
        "https://fleet.example/back#here",
        "https://fleet.example/a back",
        "https://me:secret@fleet.example/back",
        "https://fleet.example\\@evil.example/",
        "https://fleet.example:port/",
        "https://[fleet/",
        "https://[::1]/",
        "https://a;script-src/",
        "https://fleet.example,evil.example/",
        "https://flåte.example/back",
        "https://fleet.example/\x00",
        "javascript:alert(1)",
        "https://fleet.example/" + "a" * 2_000,
        "",
    ],
)
def test_a_redirect_address_is_whole_and_secure(db: AnyConnection, account: AccountContext, uri: str) -> None:
    with pytest.raises(apps.InvalidApp, match="redirect"):
        _made(db, account, redirect_uris=[uri])
    assert apps.list_apps(db, account.id) == []


@pytest.mark.parametrize(
    "uri",
    ["http://localhost:3000/back", "http://127.0.0.1/", "http://127.0.0.1:9/x?y=1", "https://fleet.example"],
)
def test_this_machine_itself_may_be_redirected_to_without_tls(
    db: AnyConnection, account: AccountContext, uri: str
) -> None:
    assert _made(db, account, redirect_uris=[uri, uri]).app.redirect_uris == (uri,)


def test_an_app_has_a_name_and_scopes_that_there_are(db: AnyConnection, account: AccountContext) -> None:
    for name in ("", "  ", "a" * 101, "a\x00b"):
        with pytest.raises(apps.InvalidApp, match="name"):
            _made(db, account, name=name)
    with pytest.raises(apps.InvalidApp, match="at most 20"):
        _made(db, account, redirect_uris=[f"https://fleet.example/{number}" for number in range(21)])
    with pytest.raises(UnknownScope):
        _made(db, account, scopes=["crm.objects.contact.read"])
    with pytest.raises(UnknownScope):
        _made(db, account, optional_scopes=["everything"])
    app = _made(db, account, scopes=["oauth", READ], optional_scopes=[READ, "crm.objects.deals.read"]).app
    assert app.scopes == (READ,)
    assert app.optional_scopes == ("crm.objects.deals.read",)
    assert _made(db, account, scopes=["oauth"], name="Flåte 🚚").app.scopes == ()


def test_every_bit_of_a_secret_is_random() -> None:
    made = [uuid.UUID(apps._new_secret()).int for _ in range(100)]
    ones = [sum(secret >> bit & 1 for secret in made) for bit in range(128)]
    assert all(0 < each < 100 for each in ones)
