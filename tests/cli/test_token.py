"""Tokens from the command line: shown once, listed without what opens doors, revoked."""

from __future__ import annotations

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.accounts.tokens import ask_for_bearer
from tests.cli.conftest import Give
from tests.conftest import AnyConnection


def test_a_token_is_shown_once_and_only_its_hash_is_kept(
    here: Give, db: AnyConnection, account: AccountContext
) -> None:
    made = here("token", "create", "--scopes", "all", "--json")

    assert made.code == 0
    token = made.json()["token"]
    assert token.startswith(f"kal_{account.id}_")
    enter_account(db, account.id)
    bearer = ask_for_bearer(db, account.id, token)()
    assert bearer is not None
    assert bearer.scopes == ("all",)
    rows = db.execute("SELECT to_jsonb(t)::text FROM access_token AS t").fetchall()
    assert len(rows) == 1
    assert token.split("_", 2)[2] not in rows[0][0]
    assert token not in here("token", "list", "--json").out


def test_without_json_the_token_alone_is_the_answer(here: Give) -> None:
    made = here(
        "token",
        "create",
        "--scopes",
        "crm.objects.contacts.read,crm.objects.deals.write",
        "--name",
        "Warehouse",
    )
    assert made.out.strip().startswith("kal_")
    assert "not shown again" in made.err
    listed = here("token", "list")
    assert "Warehouse" in listed.out
    assert "never" in listed.out


def test_scopes_are_checked(here: Give) -> None:
    refused = here("token", "create", "--scopes", "crm.objects.contact.read")
    assert refused.code == 2
    assert "crm.objects.contacts.read" in refused.err
    assert here("token", "create", "--scopes", " , ").code == 2
    assert here("token", "create", "--scopes", "all", "--name", " ").code == 2


def test_a_revoked_token_opens_nothing(here: Give, db: AnyConnection, account: AccountContext) -> None:
    token = here("token", "create", "--scopes", "all", "--name", "Warehouse", "--json").json()["token"]

    assert here("token", "revoke", "Warehouse").code == 0

    enter_account(db, account.id)
    assert ask_for_bearer(db, account.id, token)() is None
    again = here("token", "revoke", "Warehouse")
    assert again.code == 2
    assert "Working tokens: none" in again.err


def test_a_name_that_two_have_is_not_enough(here: Give) -> None:
    first, _ = (
        here("token", "create", "--scopes", "all", "--name", "Same", "--json").json()["id"] for _ in range(2)
    )
    assert here("token", "revoke", "Same").code == 2
    assert here("token", "revoke", first, "--json").json()["revoked_at"]
    assert here("token", "revoke", "Same").code == 0


def test_there_may_be_none(here: Give) -> None:
    assert "kalends token create" in here("token", "list").out
