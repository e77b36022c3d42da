"""Taxes, apps, consents and webhooks: done on pages, kept in the journal."""

from __future__ import annotations

import re
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from kalends.accounts import oauth
from kalends.accounts.create import create_account
from kalends.accounts.integration_apps import find_app
from kalends.accounts.sql import enter_account
from kalends.api import door
from kalends.staff.views import consent as consent_page
from tests.staff.settings_stage import NOW, Company, company  # noqa: F401
from tests.staff.stage import FIRST, give_place


def test_a_tax_rate_is_added_edited_archived_and_restored(company: Company) -> None:  # noqa: F811
    fields = {"name": "Norway 25 %", "label": "MVA", "percentage": "25"}
    assert company.client.post(company.at("taxes/add"), fields).status_code == 303
    ((rate_id, percentage),) = company.rows("SELECT id, percentage FROM tax_rate WHERE account_id = %s")
    assert percentage == Decimal(25)
    refused = company.client.post(company.at("taxes/add"), fields)
    assert (refused.status_code, "no other rate has" in refused.content.decode()) == (422, True)
    assert company.client.post(company.at("taxes/add"), {**fields, "percentage": "101"}).status_code == 422
    company.client.post(company.at(f"taxes/{rate_id}/edit"), {**fields, "percentage": "15"})
    before, after = company.events("tax_rate.updated")[0][1]["changes"]["percentage"]
    assert (Decimal(before), Decimal(after)) == (25, 15)
    assert company.client.post(company.at(f"taxes/{rate_id}/archive")).status_code == 303
    assert company.client.get(company.at(f"taxes/{rate_id}/edit")).status_code == 404
    assert company.client.post(company.at(f"taxes/{rate_id}/restore")).status_code == 303
    assert company.client.get(company.at(f"taxes/{rate_id}/edit")).status_code == 200


def make_app(company: Company) -> int:  # noqa: F811
    fields = {"name": "Helpdesk", "redirect_uris": "https://helpdesk.example/back"}
    made = company.client.post(company.at("apps/new"), fields)
    assert made.status_code == 200, made.content.decode()
    ((app_id,),) = company.rows("SELECT id FROM integration_app WHERE account_id = %s")
    return int(app_id)


def test_an_apps_keys_are_shown_once_changed_and_revoked(company: Company) -> None:  # noqa: F811
    fields = {"name": "Helpdesk", "request_key": "app-form-1"}
    made = company.client.post(company.at("apps/new"), fields)
    key = re.search(r"kdk_\d+_[A-Za-z0-9_-]{43}", made.content.decode())
    assert key is not None
    assert made["Cache-Control"] == "no-store"
    assert re.search(r'value="whsec_[A-Za-z0-9+/]+=*"', made.content.decode())
    assert key[0] not in company.read("apps")
    assert "whsec_" not in company.read("apps")
    assert company.client.post(company.at("apps/new"), fields).status_code == 303
    ((app_id,),) = company.rows("SELECT id FROM integration_app WHERE account_id = %s")
    other = company.client.post(company.at(f"apps/{app_id}/rotate"))
    assert "kdk_" in other.content.decode()
    assert key[0] not in other.content.decode()
    assert company.client.post(company.at(f"apps/{app_id}/revoke")).status_code == 303
    assert company.client.get(company.at(f"apps/{app_id}")).status_code == 404
    kinds = [kind for kind in ("app.created", "app.secret_rotated", "app.revoked") if company.events(kind)]
    assert len(kinds) == 3


def test_an_address_that_is_none_is_told_at_its_field(company: Company) -> None:  # noqa: F811
    answer = company.client.post(company.at("apps/new"), {"name": "X", "redirect_uris": "ftp://x.example"})
    assert (answer.status_code, "id_redirect_uris_error" in answer.content.decode()) == (422, True)
    app_id = make_app(company)
    wrong = {"url": "not an address", "calls_at_once": "10"}
    answer = company.client.post(company.at(f"apps/{app_id}/address"), wrong)
    assert (answer.status_code, "id_url_error" in answer.content.decode()) == (422, True)


def test_an_app_is_told_of_changes_until_that_is_switched_off(company: Company) -> None:  # noqa: F811
    app_id = make_app(company)
    at = company.at(f"apps/{app_id}")
    target = {"url": "https://helpdesk.example/hook", "calls_at_once": "5"}
    assert company.client.post(f"{at}/address", target).status_code == 303
    wanted = {"object": "subscription", "change": "creation"}
    assert company.client.post(f"{at}/changes/add", wanted).status_code == 303
    again = company.client.post(f"{at}/changes/add", wanted)
    assert (again.status_code, "told of this already" in again.content.decode()) == (422, True)
    nothing = company.client.post(f"{at}/changes/add", {**wanted, "change": "propertyChange"})
    assert (nothing.status_code, "id_property_name_error" in nothing.content.decode()) == (422, True)
    ((wanted_id,),) = company.rows("SELECT id FROM webhook_subscription WHERE account_id = %s")
    assert "helpdesk.example/hook" in company.read(f"apps/{app_id}")
    company.client.post(f"{at}/changes/{wanted_id}/switch")
    assert company.events("webhook.changed")[0][1]["changes"] == {"active": [True, False]}
    assert company.client.post(f"{at}/changes/{wanted_id}/delete").status_code == 303
    assert company.client.post(f"{at}/stop").status_code == 303
    assert company.client.get(f"{at}/stop").status_code == 404


def test_what_was_given_up_is_shown_with_the_reason_and_sent_again(company: Company) -> None:  # noqa: F811
    app_id = make_app(company)
    company.db.execute(
        "INSERT INTO webhook_batch (account_id, id, app_id, status, tries, answer, error, created_at, closed_at) "
        "VALUES (%s, nextval('record_id'), %s, 'failed', 10, 500, 'It answered 500', %s, %s)",
        [company.ctx.id, app_id, company.ctx.now, company.ctx.now],
    )
    page = company.read("apps")
    assert "What did not arrive" in page
    assert "It answered 500" in page
    assert company.client.post(company.at("apps/again")).status_code == 303
    assert company.rows("SELECT status FROM webhook_batch WHERE account_id = %s") == [("waiting",)]
    assert company.client.get(company.at("apps/again")).status_code == 404


@pytest.fixture
def _same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that was given is exchanged, and its tokens used, at the moment at which it was given."""
    for module in (consent_page, door):
        monkeypatch.setattr(module, "system_now", lambda: NOW)


def let_in(company: Company, app_id: int) -> oauth.Tokens:  # noqa: F811
    """A consent of the administrator's, and what the app got for it."""
    app = find_app(company.db, company.ctx.id, app_id)
    assert app is not None
    address = f"/oauth/authorize?client_id={app.client_id}&redirect_uri=https://helpdesk.example/back"
    answer = company.client.post(address, {"answer": "approve"})
    code = parse_qs(urlsplit(answer["Location"]).query)["code"][0]
    return oauth.exchange_code(
        company.db,
        company.ctx.id,
        app,
        code=code,
        redirect_uri="https://helpdesk.example/back",
        now=NOW,
    )


@pytest.mark.usefixtures("_same_moment")
def test_each_consent_is_listed_and_taken_back_by_itself(company: Company) -> None:  # noqa: F811
    app_id = make_app(company)
    assert "Nobody has let an app in." in company.read("apps")
    first, second = let_in(company, app_id), let_in(company, app_id)
    bearers = [{"Authorization": f"Bearer {each.access_token}"} for each in (first, second)]
    page = company.read("apps")
    (mine, other) = sorted(map(int, re.findall(r'href="[^"]*apps/consents/(\d+)/revoke"', page)))
    assert page.count(f"Helpdesk, {company.user.name}") == 2
    back = company.at(f"apps/consents/{mine}/revoke")
    assert "by this consent opens nothing any more" in company.read(f"apps/consents/{mine}/revoke")
    assert company.client.post(back).status_code == 303
    at = "/account-info/v3/details"
    assert [Client().get(at, headers=each).status_code for each in bearers] == [401, 200]
    page = company.read("apps")
    assert (f"consents/{mine}/" in page, f"consents/{other}/" in page) == (False, True)
    assert company.client.post(back).status_code == 404
    app = find_app(company.db, company.ctx.id, app_id)
    assert app is not None
    with pytest.raises(oauth.Refused, match="refresh token"):
        oauth.refresh(company.db, company.ctx.id, app, first.refresh_token, NOW)
    assert oauth.refresh(company.db, company.ctx.id, app, second.refresh_token, NOW).scopes == ()


@pytest.mark.usefixtures("_same_moment")
def test_consents_and_their_end_are_in_the_log_with_who_it_was(company: Company) -> None:  # noqa: F811
    let_in(company, make_app(company))
    ((consent, _app),) = company.rows("SELECT id, app_id FROM oauth_grant WHERE account_id = %s")
    company.client.post(company.at(f"apps/consents/{consent}/revoke"))
    who = f"user:{company.user.id}"
    assert company.events("app.consented") == [(who, {"name": "Helpdesk", "scopes": []})]
    ((actor, told),) = company.events("app.consent_taken_back")
    assert (actor, told["given_by"]) == (who, company.user.id)
    log = company.read("audit?category=token")
    assert "Let in" in log
    assert "Consent taken back" in log


@pytest.mark.usefixtures("_same_moment")
def test_nobody_takes_back_what_another_account_allowed(company: Company) -> None:  # noqa: F811
    let_in(company, make_app(company))
    ((consent, _app),) = company.rows("SELECT id, app_id FROM oauth_grant WHERE account_id = %s")
    other = create_account(company.db, name="Sydvest AS", time_zone="UTC", currency="NOK", now=FIRST)
    give_place(company.db, company.user, other.id)
    assert company.client.post(f"/{other.id}/settings/apps/consents/{consent}/revoke").status_code == 404
    enter_account(company.db, company.ctx.id)
    _user, client = company.employ("member")
    assert client.post(company.at(f"apps/consents/{consent}/revoke")).status_code == 403
    assert company.rows("SELECT revoked_at FROM oauth_grant WHERE account_id = %s") == [(None,)]
