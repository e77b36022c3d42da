"""Pausing, resuming and canceling over the API, in both families of paths."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("hubspot")

from hubspot import HubSpot

from kalends.accounts.sql import enter_account
from tests.api.conftest import Api, NewApi, in_order
from tests.world import World

FAMILIES = (
    "/payments-subscriptions/v1/subscriptions/crm",
    "/payments-subscriptions/2026-09-beta/subscriptions/crm",
    "/payments-subscriptions/2027-03-beta/subscriptions/crm",
)
OLD = FAMILIES[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_subscription_is_paused_resumed_and_canceled_in_every_family(
    api: Api, books: World, active: int, family: str
) -> None:
    paused = api.post(f"{family}/{active}/pause", {"pauseReason": "On leave"}, 200)
    assert paused == {"id": str(active), "status": "paused", "nextPaymentDueDate": None}
    assert books.subscription(active, "status") == "paused"

    resumed = api.post(f"{family}/{active}/unpause/", {"proposedNextBillingDate": 1775001600000}, 200)
    assert resumed == {"id": str(active), "status": "active", "nextPaymentDueDate": "2026-04-01"}

    canceled = api.post(f"{family}/{active}/cancel", None, 200)
    assert canceled == {"id": str(active), "status": "canceled", "nextPaymentDueDate": None}
    in_order(books)


def test_the_reason_of_a_pause_and_who_paused_stand_in_the_history(
    api: Api, books: World, active: int
) -> None:
    api.post(f"{OLD}/{active}/pause", {"pauseReason": "Vinterferie i to måneder"}, 200)

    actor, data = books.one("SELECT actor, data FROM event WHERE kind = 'subscription.paused'")
    assert actor.startswith("api:")
    assert data["reason"] == "Vinterferie i to måneder"


def test_neither_a_body_nor_a_content_type_is_needed(api: Api, books: World, active: int) -> None:
    answer = api.ask("POST", f"{OLD}/{active}/pause")
    assert "Content-Type" not in answer.request.headers
    assert answer.status_code == 200

    answer = api.ask("POST", f"{OLD}/{active}/unpause")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert answer.json()["nextPaymentDueDate"] == "2026-02-01"
    in_order(books)


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ("2026-05-12", "2026-05-12"),
        ("1778544000000", "2026-05-12"),
        ("2026-05-11T22:00:00Z", "2026-05-12"),
        (None, "2026-02-01"),
        ("", "2026-02-01"),
    ],
)
def test_the_next_day_may_be_told_in_any_form_of_a_date(
    api: Api, active: int, given: object, due: str
) -> None:
    api.post(f"{OLD}/{active}/pause", None, 200)

    resumed = api.post(f"{OLD}/{active}/unpause", {"proposedNextBillingDate": given}, 200)

    assert resumed["nextPaymentDueDate"] == due


@pytest.mark.parametrize(
    "given", ["soon", True, [], {}, "2025-12-31", 0, 10**14, 10**30, "9" * 400, 1.5, "2026-02-30", "\x00"]
)
def test_a_day_that_cannot_be_is_refused_and_it_stays_paused(
    api: Api, books: World, active: int, given: object
) -> None:
    api.post(f"{OLD}/{active}/pause", None, 200)

    answer = api.post(f"{OLD}/{active}/unpause", {"proposedNextBillingDate": given}, 400)

    assert answer["category"] == "VALIDATION_ERROR"
    assert books.subscription(active, "status") == "paused"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b'{"pauseReason": 7}', b'{"pauseReason": "a\\u0000b"}', b"\xff"]
)
def test_a_body_that_makes_no_sense_is_refused(api: Api, books: World, active: int, body: bytes) -> None:
    answer = api.ask("POST", f"{OLD}/{active}/pause", body)

    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert books.subscription(active, "status") == "active"


def test_what_does_not_suit_the_state_is_refused(api: Api, books: World, active: int) -> None:
    assert "active" in api.post(f"{OLD}/{active}/unpause", None, 400)["message"].lower()
    api.post(f"{OLD}/{active}/pause", None, 200)
    api.post(f"{OLD}/{active}/pause", None, 400)
    api.post(f"{OLD}/{active}/cancel", None, 200)
    for verb in ("pause", "unpause", "cancel"):
        assert api.post(f"{OLD}/{active}/{verb}", None, 400)["category"] == "VALIDATION_ERROR"
    in_order(books)


@pytest.mark.parametrize("verb", ["pause", "unpause", "cancel"])
def test_an_unknown_subscription_is_not_found(
    api: Api, another: NewApi, books: World, active: int, verb: str
) -> None:
    contact = api.make("contacts", firstname="Ada")
    for id_ in ("1", contact, "abc", "9" * 30, "%00", "-1", "1%2F2"):
        answer = api.post(f"{OLD}/{id_}/{verb}", None, 404)
        assert answer["category"] == "OBJECT_NOT_FOUND"
    another().post(f"{OLD}/{active}/{verb}", None, 404)
    enter_account(books.db, books.ctx.id)
    assert books.subscription(active, "status") == "active"


def test_the_scope_for_writing_subscriptions_is_needed(another: NewApi, books: World, active: int) -> None:
    reader = another(books.ctx, "crm.objects.subscriptions.read", "crm.objects.contacts.write")
    for verb in ("pause", "unpause", "cancel"):
        assert reader.post(f"{OLD}/{active}/{verb}", None, 403)["category"] == "MISSING_SCOPES"
        reader.get(f"{OLD}/{active}/{verb}", 405)
    writer = another(books.ctx, "crm.objects.subscriptions.write")
    writer.post(f"{OLD}/{active}/cancel", None, 200)


def test_the_same_key_pauses_once(api: Api, active: int) -> None:
    key = {"Idempotency-Key": "pause-1"}

    first = api.ask("POST", f"{OLD}/{active}/pause", headers=key)
    again = api.ask("POST", f"{OLD}/{active}/pause", headers=key)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.text == again.text
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_public_client_gets_through_with_its_free_form_request(
    address: str, api: Api, books: World, active: int
) -> None:
    client = HubSpot(access_token=api.token, base_url=address)

    def ask(verb: str, body: Any = None) -> Any:
        path = f"{OLD}/{active}/{verb}"
        return client.api_request({"method": "POST", "path": path, **({"body": body} if body else {})})

    assert ask("pause", {"pauseReason": "On leave"}).status_code == 200
    assert ask("unpause", {"proposedNextBillingDate": 1775001600000}).status_code == 200
    assert ask("cancel").status_code == 200
    assert ask("cancel").status_code == 400
    assert books.subscription(active, "status") == "canceled"
