"""A request under a key of its own is done once, and answered alike however often it comes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from tests.api.conftest import Api, NewApi
from tests.at_once import at_once
from tests.conftest import AnyConnection

CONTACTS = "/crm/v3/objects/contacts"


def key(value: str = "k-1") -> dict[str, str]:
    return {"Idempotency-Key": value}


def test_the_same_request_again_gets_the_first_answer(api: Api) -> None:
    body = {"properties": {"firstname": "Ada"}}

    first = api.ask("POST", CONTACTS, body, headers=key())
    second = api.ask("POST", CONTACTS, body, headers=key())

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len(api.get(CONTACTS)["results"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", CONTACTS, {"properties": {"firstname": "Bob"}}),
        ("POST", "/crm/v3/objects/companies", {"properties": {"name": "Ada"}}),
        ("POST", f"{CONTACTS}?a=b", {"properties": {"firstname": "Ada"}}),
    ],
)
def test_a_key_belongs_to_one_request(api: Api, method: str, path: str, body: Any) -> None:
    api.post(CONTACTS, {"properties": {"firstname": "Ada"}}, headers=key())

    answer = api.ask(method, path, body, headers=key())

    assert answer.status_code == 400
    assert "was used for another request" in answer.json()["message"]
    assert len(api.get(CONTACTS)["results"]) == 1


def test_every_write_may_have_a_key(api: Api) -> None:
    id_ = api.post(CONTACTS, {"properties": {"firstname": "Ada"}}, headers=key("make"))["id"]
    for _ in range(2):
        api.patch(f"{CONTACTS}/{id_}", {"properties": {"city": "Oslo"}}, headers=key("change"))
        assert (
            len(
                api.post(f"{CONTACTS}/batch/create", {"inputs": [{"properties": {}}]}, headers=key("batch"))[
                    "results"
                ]
            )
            == 1
        )
        api.delete(f"{CONTACTS}/{id_}", headers=key("archive"))
    assert len(api.get(CONTACTS)["results"]) == 1


def test_a_request_that_was_refused_may_use_its_key_again(api: Api) -> None:
    api.post(CONTACTS, {"properties": {"email": "nonsense"}}, 400, headers=key())
    api.post(CONTACTS, {"properties": {"email": "ada@example.com"}}, 201, headers=key())


def test_two_at_the_same_moment_are_one(api: Api) -> None:
    body = {"properties": {"firstname": "Ada"}}
    answers = at_once(*[lambda: api.post(CONTACTS, body, headers=key())["id"]] * 6)

    assert len(set(answers)) == 1
    assert len(api.get(CONTACTS)["results"]) == 1


def test_keys_belong_to_who_asks(api: Api, account: AccountContext, another: NewApi) -> None:
    body = {"properties": {"firstname": "Ada"}}
    first = api.post(CONTACTS, body, headers=key())["id"]
    second = another(account).post(CONTACTS, body, headers=key())["id"]
    assert first != second


@pytest.mark.parametrize("value", ["", "x" * 256])
def test_a_key_that_is_none_is_refused(api: Api, value: str) -> None:
    api.post(CONTACTS, {"properties": {}}, 400, headers=key(value))


def test_a_key_is_forgotten_after_thirty_days(api: Api, db: AnyConnection, account: AccountContext) -> None:
    body = {"properties": {"firstname": "Ada"}}
    first = api.post(CONTACTS, body, headers=key())["id"]
    enter_account(db, account.id)
    db.execute("UPDATE answer SET answered_at = answered_at - %s", [dt.timedelta(days=29)])
    assert api.post(CONTACTS, body, headers=key())["id"] == first
    db.execute("UPDATE answer SET answered_at = answered_at - %s", [dt.timedelta(days=2)])

    assert api.post(CONTACTS, body, headers=key())["id"] != first


def test_old_answers_are_swept_away(api: Api, db: AnyConnection, account: AccountContext) -> None:
    api.post(CONTACTS, {"properties": {}}, headers=key("old"))
    enter_account(db, account.id)
    db.execute("UPDATE answer SET answered_at = answered_at - %s", [dt.timedelta(days=31)])
    api.post(CONTACTS, {"properties": {}}, headers=key("new"))

    assert db.execute("SELECT key FROM answer").fetchall() == [("new",)]
