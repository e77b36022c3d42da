"""An administrator lets an app into the account, or does not; nothing leads to an address that is not the app's."""

from __future__ import annotations

from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client

from kalends.accounts import integration_apps, oauth
from kalends.accounts.models import Membership
from kalends.accounts.scopes import ALL, known_scopes
from kalends.accounts.sql import enter_account
from kalends.staff.scope_words import in_words
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import FIRST, Stage, give_place, new_user

BACK, WITH_QUERY = "https://fleet.example/back", "http://localhost:3000/back?from=kalends"
READ, WRITE, DEALS = "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.deals.read"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
def made(stage: Stage, db: AnyConnection) -> integration_apps.NewApp:
    """An app of the company."""
    enter_account(db, stage.ctx.id)
    return integration_apps.create_app(
        db,
        stage.ctx.id,
        name="Fleet <Mirror> & Søn",
        redirect_uris=[BACK, WITH_QUERY],
        scopes=[READ],
        optional_scopes=[WRITE, DEALS],
        now=FIRST,
    )


def _address(made: integration_apps.NewApp, **query: str | None) -> str:
    given = {"client_id": made.app.client_id, "redirect_uri": BACK, **query}
    return "/oauth/authorize?" + urlencode(
        {name: value for name, value in given.items() if value is not None}
    )


def _told(response: Any, uri: str = BACK) -> dict[str, str]:
    """What the app is told by the redirect that answers."""
    assert response.status_code == 302
    location = response["Location"]
    assert location.startswith(f"{uri}{'&' if '?' in uri else '?'}")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def _exchange(
    db: AnyConnection, made: integration_apps.NewApp, account_id: int, code: str, uri: str = BACK
) -> Any:
    enter_account(db, account_id)
    return oauth.exchange_code(db, account_id, made.app, code=code, redirect_uri=uri, now=FIRST)


def test_the_page_names_the_app_the_account_and_what_it_may_do(
    client: Client, made: integration_apps.NewApp
) -> None:
    response = client.get(_address(made, scope=f"oauth {READ}", optional_scope=WRITE, state="x"))
    page = response.content.decode()
    assert response.status_code == 200
    assert "Connect Fleet &lt;Mirror&gt; &amp; Søn?" in page
    assert "Skarv Software AS" in page
    assert "<b>Contacts:</b> read them" in page
    assert f'value="{WRITE}"' in page
    assert DEALS not in page
    assert "fleet.example" in page
    assert "This lasts until it is taken back." in page
    assert "form-action 'self' https://fleet.example" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("uri", [BACK, WITH_QUERY])
def test_consent_leads_back_with_a_code_that_gives_tokens(
    client: Client, made: integration_apps.NewApp, db: AnyConnection, stage: Stage, uri: str
) -> None:
    state = "tilstand / 🚚 &x=1"
    response = client.post(_address(made, redirect_uri=uri, state=state), {"answer": "approve"})
    told = _told(response, uri)
    assert told["state"] == state
    tokens = _exchange(db, made, stage.ctx.id, told["code"], uri)
    assert (tokens.scopes, tokens.user_id) == ((READ,), stage.user.id)
    asked_again = client.get(_address(made, redirect_uri=uri, state=state))
    assert (asked_again.status_code, "Location" in asked_again) == (200, False)


def test_optional_scopes_are_granted_when_they_are_chosen_and_asked_for(
    client: Client, made: integration_apps.NewApp, db: AnyConnection, stage: Stage
) -> None:
    address = _address(made, scope=READ, optional_scope=f"{READ} {WRITE}")
    chosen = client.post(address, {"answer": "approve", "optional": [WRITE, DEALS, ALL]})
    assert _exchange(db, made, stage.ctx.id, _told(chosen)["code"]).scopes == (READ, WRITE)
    left_out = client.post(address, {"answer": "approve"})
    assert _exchange(db, made, stage.ctx.id, _told(left_out)["code"]).scopes == (READ,)


@pytest.mark.parametrize("form", [{"answer": "deny"}, {}, {"answer": "x"}])
def test_whoever_does_not_consent_leads_back_without_a_code(
    client: Client, made: integration_apps.NewApp, db: AnyConnection, stage: Stage, form: dict[str, str]
) -> None:
    told = _told(client.post(_address(made, state="42"), form))
    assert (told["error"], told["state"]) == ("access_denied", "42")
    assert "code" not in told
    assert "state" not in _told(client.post(_address(made), form))


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "",
        f"{BACK}/",
        f"{BACK}?x=1",
        "https://evil.example/",
        "https://fleet.example",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_registered_is_told_of_and_never_led_to(
    client: Client, made: integration_apps.NewApp, uri: str | None
) -> None:
    for response in (
        client.get(_address(made, redirect_uri=uri)),
        client.post(_address(made, redirect_uri=uri)),
    ):
        assert response.status_code == 400
        assert "Location" not in response
        assert "has not registered" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"scope": "crm.objects.invoices.read"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"scope": "all"}, "invalid_scope"),
        ({"optional_scope": "crm.objects.invoices.read"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_what_the_app_cannot_ask_for_is_told_to_the_app(
    client: Client, made: integration_apps.NewApp, query: dict[str, str], error: str
) -> None:
    for response in (
        client.get(_address(made, **query)),
        client.post(_address(made, **query), {"answer": "approve"}),
    ):
        told = _told(response)
        assert told["error"] == error
        assert "code" not in told


def test_a_challenge_stays_with_the_code(
    client: Client, made: integration_apps.NewApp, db: AnyConnection, stage: Stage
) -> None:
    address = _address(made, code_challenge=CHALLENGE, code_challenge_method="S256", response_type="code")
    code = _told(client.post(address, {"answer": "approve"}))["code"]
    with pytest.raises(oauth.Refused, match="code_verifier"):
        _exchange(db, made, stage.ctx.id, code)


@pytest.mark.parametrize("client_id", [None, "", "42", "x" * 5_000, "1-00000000-0000-4000-8000-000000000000"])
def test_an_app_that_is_not_known_is_not_found(
    client: Client, made: integration_apps.NewApp, client_id: str | None
) -> None:
    response = client.get(_address(made, client_id=client_id))
    assert response.status_code == 404
    assert "no such app" in response.content.decode()


def test_a_revoked_app_is_not_found(
    client: Client, made: integration_apps.NewApp, db: AnyConnection, stage: Stage
) -> None:
    integration_apps.revoke_app(db, stage.ctx.id, str(made.app.id), FIRST)
    assert client.get(_address(made)).status_code == 404


def test_whoever_is_signed_out_signs_in_and_comes_back(made: integration_apps.NewApp) -> None:
    address = _address(made, state="42")
    for response in (Client().get(address), Client().post(address, {"answer": "approve"})):
        assert response.status_code == 302
        assert response["Location"] == "/sign-in?" + urlencode({"next": address})


def test_only_administrators_of_the_account_can_consent(
    made: integration_apps.NewApp, db: AnyConnection, stage: Stage, sign_in: SignIn
) -> None:
    stranger, member = new_user("Henrik Aas"), new_user("Siri Moe")
    give_place(db, member, stage.ctx.id)
    db.execute(
        "UPDATE membership SET role = %s WHERE account_id = %s AND user_id = %s",
        [Membership.MEMBER, stage.ctx.id, member.id],
    )
    for user, status, words in ((stranger, 404, "no such app"), (member, 403, "Only an administrator")):
        browser = sign_in(user)
        for response in (browser.get(_address(made)), browser.post(_address(made), {"answer": "approve"})):
            assert response.status_code == status
            assert words in response.content.decode()


def test_a_form_from_elsewhere_grants_nothing(
    made: integration_apps.NewApp, stage: Stage, db: AnyConnection
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(stage.user)
    before = db.execute("SELECT count(*) FROM oauth_code").fetchone()
    response = browser.post(_address(made), {"answer": "approve"})
    assert response.status_code == 403
    assert db.execute("SELECT count(*) FROM oauth_code").fetchone() == before


@pytest.mark.parametrize(("language", "title"), [("nb", "Koble til"), ("fi", "Yhdistetäänkö")])
def test_the_page_speaks_the_users_language(
    made: integration_apps.NewApp, db: AnyConnection, stage: Stage, sign_in: SignIn, language: str, title: str
) -> None:
    user = new_user("Aino Virtanen", language)
    give_place(db, user, stage.ctx.id)
    assert title in unescape(sign_in(user).get(_address(made)).content.decode())


def test_every_scope_has_words() -> None:
    words = [in_words(scope, "en") for scope in (*known_scopes(), ALL)]
    assert all(each.may and each.about != each.scope for each in words)
    assert len({(each.about, each.may) for each in words}) == len(words)
