"""Webhooks over HTTP: settings and subscriptions of an app, with its developer key, by HubSpot's library and raw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hubspot import HubSpot
from hubspot.webhooks import (
    BatchInputSubscriptionBatchUpdateRequest,
    SettingsChangeRequest,
    SubscriptionBatchUpdateRequest,
    SubscriptionCreateRequest,
    SubscriptionPatchRequest,
    ThrottlingSettings,
)
from hubspot.webhooks.exceptions import ApiException

from kalends.accounts.context import AccountContext
from kalends.accounts.integration_apps import NewApp, create_app, revoke_app
from kalends.accounts.sql import enter_account
from tests.api.conftest import Api, NewApi, check, new_account
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect

TARGET = "https://example.org/hooks?from=kalends"


@pytest.fixture
def app(db: AnyConnection, account: AccountContext) -> NewApp:
    return create_app(db, account.id, name="Ledger sync", now=FIRST_MOMENT)


@pytest.fixture
def client(address: str, app: NewApp) -> HubSpot:
    """HubSpot's library as an app's developer uses it."""
    return HubSpot(api_key=app.developer_key, host=address)


class Hooks:
    """Raw requests for the webhooks of one app."""

    def __init__(self, address: str, app_id: int, key: str) -> None:
        self.session, self.key = requests.Session(), key
        self.base = f"{address}/webhooks/v3/{app_id}"

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        given = {"data": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
        answer = self.session.request(
            method, self.base + path, params={"hapikey": self.key}, timeout=60, **given
        )
        check(answer)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.text else None


@pytest.fixture
def hooks(address: str, app: NewApp) -> Iterator[Hooks]:
    opened = Hooks(address, app.app.id, app.developer_key)
    yield opened
    opened.session.close()


def test_settings_from_beginning_to_end(client: HubSpot, app: NewApp) -> None:
    settings, id_ = client.webhooks.settings_api, app.app.id
    with pytest.raises(ApiException) as missing:
        settings.get_all(id_)
    assert missing.value.status == 404
    wanted = SettingsChangeRequest(
        target_url=TARGET, throttling=ThrottlingSettings(max_concurrent_requests=7)
    )
    made = settings.configure(id_, wanted)
    assert (made.target_url, made.throttling.max_concurrent_requests) == (TARGET, 7)
    assert made.created_at is not None
    assert settings.get_all(id_).target_url == TARGET
    moved = SettingsChangeRequest(
        target_url="https://example.org/new", throttling=ThrottlingSettings(max_concurrent_requests=3)
    )
    assert settings.configure(id_, moved).target_url == "https://example.org/new"
    settings.clear(id_)
    with pytest.raises(ApiException):
        settings.get_all(id_)


def test_subscriptions_from_beginning_to_end(client: HubSpot, app: NewApp) -> None:
    api, id_ = client.webhooks.subscriptions_api, app.app.id
    wanted = SubscriptionCreateRequest(
        event_type="contact.propertyChange", property_name="email", active=True
    )
    made = api.create(id_, wanted)
    assert (made.event_type, made.property_name, made.active) == ("contact.propertyChange", "email", True)
    generic = api.create(
        id_,
        SubscriptionCreateRequest(
            event_type="object.propertyChange", object_type_id="0-69", property_name="hs_status", active=False
        ),
    )
    assert (generic.object_type_id, generic.active) == ("0-69", False)
    assert [each.id for each in api.get_all(id_).results] == [made.id, generic.id]
    changed = api.update(int(made.id), id_, SubscriptionPatchRequest(active=False))
    assert not changed.active
    inputs = [SubscriptionBatchUpdateRequest(id=int(each.id), active=True) for each in (made, generic)]
    answer = api.update_batch(id_, BatchInputSubscriptionBatchUpdateRequest(inputs=inputs))
    assert answer.status == "COMPLETE"
    assert all(each.active for each in answer.results)
    assert api.get_by_id(int(made.id), id_).active
    api.archive(int(made.id), id_)
    with pytest.raises(ApiException) as gone:
        api.get_by_id(int(made.id), id_)
    assert gone.value.status == 404
    assert [each.id for each in api.get_all(id_).results] == [generic.id]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "example.org/hooks",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https://example.org:99999/",
        "https://localhost/hooks",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.5/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.5]/",
        "https://[64:ff9b::a00:5]/",
        "https://0.0.0.0/",
        "https://db.internal/",
        "https://exa mple.org/",
        "https://eksempel-å.no/",
        "https://example.org/" + "a" * 2_000,
        "",
        None,
        7,
    ],
)
def test_an_address_that_must_not_be_called_is_refused(hooks: Hooks, url: Any) -> None:
    told = hooks.ask("PUT", "/settings", {"targetUrl": url}, 400)
    assert told["category"] == "VALIDATION_ERROR"
    assert told["errors"][0]["in"] == "targetUrl"
    hooks.ask("GET", "/settings", status=404)


@pytest.mark.parametrize(
    "body",
    [
        {"targetUrl": TARGET, "throttling": {"maxConcurrentRequests": 0}},
        {"targetUrl": TARGET, "throttling": {"maxConcurrentRequests": 101}},
        {"targetUrl": TARGET, "throttling": {"maxConcurrentRequests": "many"}},
        {"targetUrl": TARGET, "throttling": 7},
        {"targetUrl": TARGET, "signatureVersion": "v9"},
        [],
        b"{",
    ],
)
def test_settings_that_cannot_be_so_are_refused(hooks: Hooks, body: Any) -> None:
    hooks.ask("PUT", "/settings", body, 400)


def test_what_is_left_out_of_settings_stays_and_unknown_fields_are_no_error(hooks: Hooks) -> None:
    first = hooks.ask("PUT", "/settings", {"targetUrl": TARGET, "signatureVersion": "v2", "color": "blue"})
    assert first["throttling"] == {"maxConcurrentRequests": 10}
    hooks.ask("PUT", "/settings", {"targetUrl": TARGET, "throttling": {"maxConcurrentRequests": 5}})
    again = hooks.ask("PUT", "/settings", {"targetUrl": TARGET})
    assert (again["throttling"]["maxConcurrentRequests"], again["signatureVersion"]) == (5, "v2")
    hooks.ask("DELETE", "/settings", status=204)
    hooks.ask("DELETE", "/settings", status=204)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "eventType"),
        ({"eventType": "contact.explosion"}, "eventType"),
        ({"eventType": "subscription.creation"}, "eventType"),
        ({"eventType": "object.creation"}, "eventType"),
        ({"eventType": "object.creation", "objectTypeId": "2-1"}, "eventType"),
        ({"eventType": "contact.propertyChange"}, "propertyName"),
        ({"eventType": "contact.propertyChange", "propertyName": "emial"}, "propertyName"),
        ({"eventType": "contact.creation", "propertyName": "email"}, "propertyName"),
        (
            {"eventType": "object.propertyChange", "objectTypeId": "0-69", "propertyName": "hs_mrr"},
            "propertyName",
        ),
        ({"eventType": "contact.creation", "active": "perhaps"}, "active"),
        ({"eventType": 7}, "eventType"),
        ({"eventType": "contact.creation\u0000"}, "eventType"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_where_it_is_wrong(
    hooks: Hooks, body: Any, where: str
) -> None:
    told = hooks.ask("POST", "/subscriptions", body, 400)
    assert told["errors"][0]["in"] == where
    assert hooks.ask("GET", "/subscriptions") == {"results": []}


def test_the_same_once_more_is_a_conflict(hooks: Hooks) -> None:
    wanted = {"eventType": "object.creation", "objectTypeId": "0-53", "active": True}
    hooks.ask("POST", "/subscriptions", wanted, 201)
    assert hooks.ask("POST", "/subscriptions", wanted, 409)["category"] == "CONFLICT"


def test_a_batch_with_a_number_that_is_not_there_does_the_rest(hooks: Hooks) -> None:
    made = hooks.ask("POST", "/subscriptions", {"eventType": "contact.creation"}, 201)
    assert made["active"] is False
    inputs = [{"id": int(made["id"]), "active": True}, {"id": 1, "active": True}]
    told = hooks.ask("POST", "/subscriptions/batch/update", {"inputs": inputs}, 207)
    assert [each["active"] for each in told["results"]] == [True]
    assert told["numErrors"] == 1
    assert told["errors"][0]["context"]["ids"] == ["1"]
    for wrong in ({}, {"inputs": []}, {"inputs": [{"id": 1}]}, {"inputs": [{"id": "x", "active": True}]}):
        hooks.ask("POST", "/subscriptions/batch/update", wrong, 400)


@pytest.mark.parametrize("number", ["0", "x", "99999999999999999999", "-1"])
def test_a_subscription_that_is_not_there_is_not_found(hooks: Hooks, number: str) -> None:
    hooks.ask("GET", f"/subscriptions/{number}", status=404)
    hooks.ask("PATCH", f"/subscriptions/{number}", {"active": True}, 404)
    hooks.ask("DELETE", f"/subscriptions/{number}", status=204)


def test_nobody_comes_in_without_the_key_of_this_very_app(
    address: str,
    db: AnyConnection,
    account: AccountContext,
    app: NewApp,
    connect: Connect,
    another: NewApi,
    api: Api,
) -> None:
    other = create_app(db, account.id, name="Another", now=FIRST_MOMENT)
    foreign_db = connect()
    foreign = create_app(
        foreign_db, new_account(foreign_db, "Another AS").id, name="Foreign", now=FIRST_MOMENT
    )
    id_ = app.app.id
    for key, status in (
        ("", 401),
        ("kdk_1_nothing", 401),
        (f"kdk_{account.id}_{'x' * 43}", 401),
        (api.token, 401),
        (other.developer_key, 404),
        (foreign.developer_key, 404),
    ):
        for path in ("/settings", "/subscriptions"):
            refused = Hooks(address, id_, key).ask("GET", path, status=status)
            assert status != 401 or "hapikey" in refused["message"]
    enter_account(db, account.id)
    revoke_app(db, account.id, str(id_), FIRST_MOMENT)
    Hooks(address, id_, app.developer_key).ask("GET", "/subscriptions", status=401)


def test_an_app_does_not_see_the_subscriptions_of_another(
    address: str, db: AnyConnection, account: AccountContext, hooks: Hooks
) -> None:
    made = hooks.ask("POST", "/subscriptions", {"eventType": "contact.creation", "active": True}, 201)
    other = create_app(db, account.id, name="Another", now=FIRST_MOMENT)
    theirs = Hooks(address, other.app.id, other.developer_key)
    assert theirs.ask("GET", "/subscriptions") == {"results": []}
    theirs.ask("GET", f"/subscriptions/{made['id']}", status=404)
    theirs.ask("PATCH", f"/subscriptions/{made['id']}", {"active": False}, 404)
    theirs.ask("DELETE", f"/subscriptions/{made['id']}", status=204)
    assert hooks.ask("GET", f"/subscriptions/{made['id']}")["active"] is True
