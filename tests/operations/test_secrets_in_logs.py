"""Whatever people and programs do with secrets, none of them stands in the log."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from typing import Any

import pytest
import structlog
from django.test import Client

from kalends.accounts import signed_links
from kalends.accounts.links import FORGOTTEN, password_token
from kalends.accounts.tokens import create_token
from kalends.platform.redaction import HIDDEN, redacted, without_secrets
from kalends.platform.sealing import seal
from tests.conftest import AnyConnection
from tests.operations.conftest import Log
from tests.staff.stage import PASSWORD, Stage

FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
STRIPE_KEY, SIGNING = "sk_test_" + "51Hx9" * 8, "whsec_" + "q8Zt" * 8
"""Made up, in the forms of real ones."""
LINK = "b7Qx_9" * 8


@pytest.fixture
def nowhere(settings: Any) -> None:
    """A Stripe that nobody reaches."""
    settings.STRIPE_API = "http://127.0.0.1:9"
    settings.STRIPE_RETRIES = 0


@pytest.mark.usefixtures("nowhere")
def test_no_secret_that_goes_through_pages_and_calls_is_in_the_log(
    stage: Stage, db: AnyConnection, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = stage.ctx.id
    db.execute("SELECT set_config('kalends.account_id', %s, false)", [str(at)])
    token = create_token(db, at, name=secrets.token_hex(8), scopes=("all",), now=FIRST).token
    invoice = signed_links.token(signed_links.INVOICE, at, stage.ids["main"], FIRST)
    password = password_token(stage.user, FORGOTTEN)
    client = Client(raise_request_exception=False)

    client.post("/sign-in", {"email": stage.user.email, "password": PASSWORD + "-not-it"})
    client.post("/sign-in", {"email": stage.user.email, "password": PASSWORD})
    client.force_login(stage.user)
    session = client.cookies["kalends_session"].value
    bearer = {"Authorization": f"Bearer {token}"}
    for path in ("/crm/v3/objects/contacts", f"/crm/v3/objects/contacts?hapikey={token}", "/crm/v3/nothing"):
        client.get(path, headers=bearer)
    client.post(f"/{at}/settings/processor/connect", {"key": STRIPE_KEY, "signing_secret": SIGNING})
    client.post(f"/{at}/settings/tokens/new", {"name": "Till", "scopes": ["all"], "request_key": LINK})
    client.post(
        f"/webhooks/stripe/{at}", b"{}", "application/json", headers={"Stripe-Signature": f"t=1,v1={LINK}"}
    )
    for path in (
        f"/invoice/{invoice}",
        f"/invoice/{invoice}x",
        f"/method/{LINK}",
        f"/portal/{LINK}",
        f"/new-password/{password}",
        f"/new-password/{password}x",
        f"/unsubscribe/{LINK}",
        f"/crm/v3/exports/files/{LINK}",
        f"/nothing-like-it/{invoice}",
    ):
        client.get(path)
    _break_the_pages(
        monkeypatch, f"refused: {token} and {STRIPE_KEY}, postgresql://kari:hunter2hunter2@db/book"
    )
    client.get(f"/invoice/{invoice}", headers=bearer)
    client.get(f"/{at}/status")
    client.get("/crm/v3/objects/contacts", headers=bearer)

    given = (PASSWORD, token, STRIPE_KEY, SIGNING, LINK, invoice, invoice.split(".")[-1], password, session)
    assert [secret for secret in (*given, "hunter2hunter2") if secret in log.text] == []
    routes = {line["route"] for line in log.of("request")}
    assert {"/invoice/<str:token>", "/new-password/<str:token>", "api: objects/{type}", "/sign-in"} <= routes
    assert {"/webhooks/stripe/<account_id>", "/crm/v3/exports/files/<token>", "(nothing)"} <= routes
    assert "Traceback" in log.text
    assert HIDDEN in log.text


def _break_the_pages(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(told)

    monkeypatch.setattr("kalends.staff.status.page._context", broken)
    monkeypatch.setattr("kalends.buyer.invoice.pages.enter_by_token", broken)
    monkeypatch.setattr("kalends.api.door._let_in", broken)


@pytest.mark.parametrize(
    "name",
    "password client_secret api_key Authorization Set-Cookie sealed_secret totp recovery_codes dsn".split(),
)
def test_a_field_that_is_called_like_a_secret_is_hidden_whatever_it_holds(name: str) -> None:
    assert redacted({name: "plain words"}) == {name: HIDDEN}
    assert redacted({"asked": [{name: "plain words"}]}) == {"asked": [{name: HIDDEN}]}


def test_what_is_no_secret_stays_as_it_is() -> None:
    told = {
        "account_id": 3,
        "sessions": 4,
        "status": "paid",
        "milliseconds": 1.5,
        "held": None,
        "token_id": 7,
    }
    assert redacted(told) == told
    text = "duplicate key value violates unique constraint: Key (account_id, id)=(3, 5) already exists."
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    "secret",
    [
        "kal_42_" + "aB3-" * 10 + "xyz",
        "kdk_42_" + "aB3-" * 10 + "xyz",
        "kalr_42_" + "aB3-" * 10 + "xyz",
        STRIPE_KEY,
        "rk_live_" + "51Hx9" * 8,
        SIGNING,
        "pi_3NxYz_secret_8hGf7",
        "Bearer abcdefghijklmnop",
        "Basic dXNlcjpwYXNzd29yZA==",
    ],
)
def test_what_looks_like_a_secret_is_hidden_in_any_sentence(secret: str, log: Log) -> None:
    structlog.get_logger().warning(f"it said {secret}, and more", reason=f"<{secret}>", found=[secret])
    logging.getLogger("stripe").error("it said %s", secret)
    assert secret not in log.text
    assert log.text.count(HIDDEN) >= 4


def test_sealed_values_and_links_in_sentences_are_hidden(log: Log) -> None:
    sealed, link = seal("whatever").decode(), signed_links.token(signed_links.PORTAL, 1, 2, FIRST)
    structlog.get_logger().info(
        f"{sealed} http://localhost/portal/{link} /checkout/3/{'0f5a3d0e-8f4e-4c58-' * 2}"
    )
    assert sealed not in log.text
    assert link.rpartition(".")[2] not in log.text
    assert "0f5a3d0e-8f4e" not in log.text
    assert "/portal/" in log.text
