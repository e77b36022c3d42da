"""What was refused is in the log with what was missing, and so are attempts to get around; no secret is."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from kalends.accounts import attempts, second_factor, signed_links
from kalends.accounts.change import change_settings
from kalends.accounts.create import create_account
from kalends.accounts.integration_apps import create_app
from kalends.accounts.links import FORGOTTEN, password_token
from kalends.accounts.models import SecondFactor
from kalends.accounts.sql import enter_account
from kalends.accounts.tokens import create_token
from kalends.buyer import door as buyers
from kalends.platform import security_log
from tests.conftest import AnyConnection
from tests.operations.conftest import Log
from tests.staff.stage import FIRST, PASSWORD, Stage, give_place, new_user

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def told(log: Log) -> list[dict[str, Any]]:
    """The security events, without what every line has."""
    usual = ("event", "level", "timestamp", "correlation_id")
    return [{name: each for name, each in line.items() if name not in usual} for line in log.of("security")]


def browser_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def place_of(db: AnyConnection, stage: Stage, role: str) -> Any:
    user = new_user("Henrik Aas")
    give_place(db, user, stage.ctx.id)
    db.execute(
        "UPDATE membership SET role = %s WHERE account_id = %s AND user_id = %s",
        [role, stage.ctx.id, user.id],
    )
    return user


def test_what_staff_may_not_do_is_told_with_the_right_that_is_missing(
    stage: Stage, db: AnyConnection, log: Log
) -> None:
    user = place_of(db, stage, "reader")
    client, who = browser_of(user), {"account_id": stage.ctx.id, "user_id": user.id}
    assert client.get(f"/{stage.ctx.id}/settings/tokens").status_code == 403
    assert client.post(f"/{stage.ctx.id}/settings/users/invite").status_code == 403
    pausing = f"/{stage.ctx.id}/subscriptions/{stage.ids['main']}/actions/pause"
    assert client.post(pausing).status_code == 403
    assert told(log) == [
        {"kind": "right_missing", "missing": "tokens", **who},
        {"kind": "right_missing", "missing": "users", **who},
        {"kind": "right_missing", "missing": "edit subscription", **who},
    ]
    assert {line["level"] for line in log.of("security")} == {"warning"}
    ids = [line["correlation_id"] for line in log.of("request")]
    assert [line["correlation_id"] for line in log.of("security")] == ids


def test_an_account_and_a_record_of_others_are_told_of(stage: Stage, db: AnyConnection, log: Log) -> None:
    stranger, seller = new_user(), place_of(db, stage, "sales")
    assert browser_of(stranger).get(stage.index).status_code == 404
    assert browser_of(stranger).post(f"/{stage.ctx.id}/you", {"name": "X"}).status_code == 404
    not_theirs = stage.ids["main"]
    assert (
        browser_of(seller).post(f"/{stage.ctx.id}/subscriptions/{not_theirs}/actions/pause").status_code
        == 404
    )
    of = {"account_id": stage.ctx.id}
    assert told(log) == [
        {"kind": "other_account", "user_id": stranger.id, **of},
        {"kind": "other_account", "user_id": stranger.id, **of},
        {
            "kind": "other_record",
            "user_id": seller.id,
            "object": "subscription",
            "record_id": not_theirs,
            **of,
        },
    ]


def test_what_a_program_may_not_do_is_told_with_the_scopes(stage: Stage, db: AnyConnection, log: Log) -> None:
    enter_account(db, stage.ctx.id)
    token = create_token(db, stage.ctx.id, name="t", scopes=["crm.objects.deals.read"], now=FIRST)
    contacts = "/crm/v3/objects/contacts"
    assert Client().get(contacts, headers={"Authorization": f"Bearer {token.token}"}).status_code == 403
    wrong = token.token[:-4] + "AAAA"
    assert Client().get(contacts, headers={"Authorization": f"Bearer {wrong}"}).status_code == 401
    assert told(log) == [
        {
            "kind": "scope_missing",
            "missing": "crm.objects.contacts.read",
            "account_id": stage.ctx.id,
            "token_id": token.id,
        },
        {"kind": "secret_wrong", "of": "INVALID_AUTHENTICATION"},
    ]
    assert token.token not in log.text
    assert wrong not in log.text


def test_a_program_that_asks_too_much_is_told_of(db: AnyConnection, log: Log) -> None:
    account = create_account(db, name="Nordlys AS", time_zone="UTC", currency="NOK", now=FIRST)
    enter_account(db, account.id)
    change_settings(db, account, {"api_requests_per_ten_seconds": 1})
    token = create_token(db, account.id, name="t", scopes=["all"], now=FIRST)
    bearer = {"Authorization": f"Bearer {token.token}"}
    codes = {Client().get("/crm/v3/objects/contacts", headers=bearer).status_code for _ in range(4)}
    assert 429 in codes
    assert told(log)[0] == {
        "kind": "too_many",
        "of": "requests, TEN_SECONDLY_ROLLING",
        "account_id": account.id,
        "token_id": token.id,
    }


def test_an_app_whose_secret_is_wrong_is_told_of(stage: Stage, db: AnyConnection, log: Log) -> None:
    enter_account(db, stage.ctx.id)
    made = create_app(db, stage.ctx.id, name="Mirror", redirect_uris=["https://x.example/"], now=FIRST)
    form = {"grant_type": "authorization_code", "client_id": made.app.client_id, "code": "kalc_1_x"}
    for secret in ("guessed", made.client_secret):
        body = urlencode({**form, "client_secret": secret})
        sent = Client().post("/oauth/v1/token", body, "application/x-www-form-urlencoded")
        assert sent.status_code == 400
    assert told(log) == [
        {"kind": "secret_wrong", "of": "BAD_CLIENT_SECRET"},
        {"kind": "secret_wrong", "of": "BAD_AUTH_CODE", "account_id": stage.ctx.id, "app_id": made.app.id},
    ]
    assert "guessed" not in log.text
    assert made.client_secret not in log.text


def test_links_and_reports_that_we_did_not_sign_are_told_of(stage: Stage, log: Log, client: Client) -> None:
    invoice = signed_links.token(
        signed_links.INVOICE, stage.ctx.id, 1, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )
    bent = invoice[:-3] + "AAA"
    password = password_token(stage.user, FORGOTTEN)[:-3] + "AAA"
    for path in (f"/invoice/{bent}", f"/new-password/{password}", f"/unsubscribe/{bent}"):
        assert Client().get(path).status_code in (404, 410)
    assert Client().get(f"/crm/v3/exports/files/{bent}").status_code == 404
    assert [(each["kind"], each["of"]) for each in told(log)] == [
        ("signature_wrong", "link to invoice"),
        ("signature_wrong", "link to a password"),
        ("signature_wrong", "link to unsubscribe"),
        ("signature_wrong", "link to an exported file"),
    ]
    assert bent not in log.text
    assert password not in log.text


def test_a_form_from_elsewhere_is_told_of_with_what_was_wrong_and_not_with_where_it_came_from(
    stage: Stage, log: Log
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.post("/sign-in", {"email": stage.user.email, "password": PASSWORD})
    client.get("/sign-in")
    client.post("/sign-in", {"csrfmiddlewaretoken": "x" * 64})
    client.post("/sign-in", headers={"Origin": "https://evil.example/?token=abc"})
    assert told(log) == [{"kind": "form_without_token", "why": why} for why in ("cookie", "token", "origin")]
    assert "evil.example" not in "".join(str(each) for each in told(log))


def test_coming_in_failing_to_and_guessing_are_told_without_the_address_that_was_typed(log: Log) -> None:
    user, client = new_user(), Client()
    client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    client.post("/sign-out")
    for _ in range(attempts.FREE + 1):
        client.post("/sign-in", {"email": user.email, "password": "wrong"})
    client.post("/sign-in", {"email": "nobody.at.all@kalends.test", "password": "wrong"})
    failed = {"kind": "sign_in_failed", "user_id": user.id, "by": "password"}
    assert told(log) == [
        {"kind": "signed_in", "user_id": user.id, "by": "password"},
        {"kind": "signed_out", "user_id": user.id},
        *[failed] * attempts.FREE,
        {"kind": "too_many", "of": "email, machine"},
        {"kind": "sign_in_failed", "by": "password"},
    ]
    assert user.email not in log.text
    assert "nobody.at.all" not in log.text


def test_a_second_step_is_told_with_what_it_was_taken_by(log: Log) -> None:
    user, client = new_user(), Client()
    second_factor.begin_app(user)
    SecondFactor.objects.filter(user_id=user.id).update(confirmed_at=FIRST)
    (code, *_rest) = second_factor.new_recovery_codes(user.id)
    client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    assert told(log) == [], "only half way in"
    client.post("/sign-in/second", {"code": "no such code"})
    client.post("/sign-in/second", {"code": code})
    assert told(log) == [
        {"kind": "sign_in_failed", "user_id": user.id, "by": "code"},
        {"kind": "signed_in", "user_id": user.id, "by": "password and code"},
    ]
    assert code not in log.text


def test_a_customer_who_comes_in_is_told_of(stage: Stage, db: AnyConnection, log: Log) -> None:
    enter_account(db, stage.ctx.id)
    row = db.execute(
        "SELECT id, email FROM contact WHERE account_id = %s AND email IS NOT NULL LIMIT 1", [stage.ctx.id]
    ).fetchone()
    assert row is not None
    link = signed_links.token(
        signed_links.PORTAL, stage.ctx.id, row[0], stage.ctx.now, contact_id=row[0], email=row[1]
    )
    assert Client().get(f"/portal/{link}").status_code == 200
    assert told(log) == [], "programs that look through mail open links, too"
    assert Client().post(f"/portal/{link}").status_code == 303
    assert told(log) == [
        {"kind": "signed_in", "by": "link", "account_id": stage.ctx.id, "contact_id": row[0]}
    ]
    assert link not in log.text


def test_a_buyer_who_asks_too_often_is_told_of(
    stage: Stage, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buyers, "PER_LINK", 0)
    invoice = signed_links.token(
        signed_links.INVOICE, stage.ctx.id, 1, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )
    assert Client().get(f"/invoice/{invoice}").status_code == 429
    assert told(log) == [{"kind": "too_many", "of": "requests of a link", "account_id": stage.ctx.id}]


def test_every_kind_stands_in_the_documentation_and_nothing_else_does() -> None:
    text = OPERATIONS.read_text("utf-8").partition("| kind | what happened |")[2].partition("\n\n")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)) == dict(security_log.KINDS)


def test_a_kind_that_nobody_knows_is_a_fault_of_ours() -> None:
    with pytest.raises(AssertionError, match="no security event nonsense"):
        security_log.tell("nonsense")
