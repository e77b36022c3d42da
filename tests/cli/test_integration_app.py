"""Apps from the command line: keys shown once, listed without them, rotated, revoked."""

from __future__ import annotations

from kalends.accounts import integration_apps as apps
from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.events.webhooks.signatures import standard_secret
from tests.cli.conftest import Give
from tests.conftest import AnyConnection

MAKE = ("app", "create", "--name", "Fleet Mirror", "--redirect-uri", "https://fleet.example/back",
        "--scopes", "crm.objects.contacts.read", "--optional-scopes", "crm.objects.deals.read")  # fmt: skip


def test_an_apps_keys_are_shown_once(here: Give, db: AnyConnection, account: AccountContext) -> None:
    made = here(*MAKE, "--json").json()
    enter_account(db, account.id)
    found = apps.find_by_developer_key(db, account.id, made["developer_key"])
    assert found is not None
    assert (found.id, found.client_id, found.client_secret) == (
        made["id"],
        made["client_id"],
        made["client_secret"],
    )
    assert made["standard_webhooks_secret"] == standard_secret(made["client_secret"])
    listed = here("app", "list", "--json")
    assert [each["client_id"] for each in listed.json()["apps"]] == [made["client_id"]]
    assert made["client_secret"] not in listed.out
    assert made["developer_key"] not in listed.out


def test_people_read_the_keys_and_are_told_to_keep_them(here: Give) -> None:
    assert "Make one with" in here("app", "list").out
    made = here(*MAKE)
    assert "client secret" in made.out
    assert "developer key   kdk_" in made.out
    assert "webhook secret  whsec_" in made.out
    assert "not shown again" in made.err
    listed = here("app", "list").out
    assert "Fleet Mirror" in listed
    assert "(optional)" in listed


def test_what_cannot_be_is_refused_in_words(here: Give) -> None:
    scope = here("app", "create", "--name", "A", "--scopes", "crm.objects.contact.read")
    assert scope.code == 2
    assert "crm.objects.contacts.read" in scope.err
    address = here("app", "create", "--name", "A", "--redirect-uri", "http://fleet.example")
    assert address.code == 2
    assert "https://" in address.err
    for command in ("revoke", "rotate-secret"):
        unknown = here("app", command, "Nothing")
        assert unknown.code == 2
        assert "No working app" in unknown.err


def test_a_rotated_secret_is_another_one(here: Give, db: AnyConnection, account: AccountContext) -> None:
    made = here(*MAKE, "--json").json()
    fresh = here("app", "rotate-secret", "Fleet Mirror", "--json").json()
    assert fresh["client_id"] == made["client_id"]
    enter_account(db, account.id)
    found = apps.find_app(db, account.id, made["id"])
    assert found is not None
    assert found.client_secret == fresh["client_secret"] != made["client_secret"]


def test_a_revoked_app_is_gone_but_listed(here: Give, db: AnyConnection, account: AccountContext) -> None:
    made = here(*MAKE, "--json").json()
    assert here("app", "revoke", made["id"]).code == 0
    enter_account(db, account.id)
    assert apps.find_app(db, account.id, made["id"]) is None
    assert here("app", "list", "--json").json()["apps"][0]["revoked_at"] is not None
    again = here("app", "revoke", made["id"], "--json")
    assert again.code == 2
