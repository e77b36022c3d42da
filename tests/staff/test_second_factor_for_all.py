"""An account that wants a second factor of everybody: who has none reaches the page that sets one up, and no other."""

from __future__ import annotations

import datetime as dt
import re

import pyotp
import pytest
from django.test import Client

from kalends.accounts import second_factor
from kalends.accounts.audit import Wanted, read_audit
from kalends.accounts.integration_apps import create_app
from kalends.accounts.models import SecondFactor, User
from kalends.accounts.sign_in_models import Passkey
from kalends.accounts.tokens import create_token
from kalends.platform.sealing import unseal
from kalends.staff.account import door, safety, seen, sign_in
from tests.staff.settings_stage import NOW, Company, company  # noqa: F401
from tests.staff.stage import PASSWORD, give_place, new_user
from tests.staff.test_walls import addresses_inside, asked

SETTING = {"second_factor_for_all": "on"}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is always the same moment at the door."""
    for module in (door, safety, seen, sign_in):
        monkeypatch.setattr(module, "system_now", lambda: NOW)


def app_of(user: User) -> pyotp.TOTP:
    return pyotp.TOTP(unseal(SecondFactor.objects.get(user_id=user.id).sealed_secret))


def with_app(user: User) -> pyotp.TOTP:
    """The user's app, confirmed some minutes ago."""
    before = NOW - dt.timedelta(minutes=5)
    second_factor.begin_app(user)
    app = app_of(user)
    assert second_factor.confirm_app(user.id, app.at(before), before)
    return app


@pytest.fixture
def demanding(company: Company) -> Company:  # noqa: F811
    """The company, whose administrator has just demanded it, and has proved to have one."""
    app = with_app(company.user)
    assert company.client.post(company.at("security"), SETTING).status_code == 303
    answer = company.client.get(company.at("security"))
    assert answer["Location"] == "/sign-in/second"
    back = company.client.post("/sign-in/second", {"code": app.at(NOW)})
    assert back["Location"] == company.at("security")
    return company


def home(company: Company) -> str:  # noqa: F811
    return f"/{company.ctx.id}"


def safety_of(company: Company) -> str:  # noqa: F811
    return f"/{company.ctx.id}/you/sign-in"


def test_whoever_demands_it_has_one_themselves(company: Company) -> None:  # noqa: F811
    refused = company.client.post(company.at("security"), SETTING)
    assert (refused.status_code, "You have none yourself" in refused.content.decode()) == (422, True)
    assert company.settings()["second_factor_for_all"] is False
    with_app(company.user)
    assert company.client.post(company.at("security"), SETTING).status_code == 303
    assert company.settings()["second_factor_for_all"] is True


def test_a_passkey_counts(company: Company) -> None:  # noqa: F811
    key = str(company.user.id).encode()
    Passkey.objects.create(
        user_id=company.user.id, name="P", credential_id=key, public_key=b"k", sign_count=0, created_at=NOW
    )
    assert company.client.post(company.at("security"), SETTING).status_code == 303


def test_the_demand_is_in_the_audit_log(demanding: Company) -> None:
    ((actor, data),) = demanding.events("account.settings_changed")
    assert (actor, data["changes"]) == (
        f"user:{demanding.user.id}",
        {"second_factor_for_all": [False, True]},
    )
    assert "Everybody needs a second factor" in demanding.read("audit")


def test_the_page_says_whom_it_concerns_and_who_has_none(demanding: Company) -> None:
    user, _client = demanding.employ()
    page = demanding.read("security")
    assert "Programs with API tokens are not affected" in page
    assert re.search(rf"{demanding.user.email}.*?App for codes", page, re.S)
    assert re.search(rf"{user.email}.*?None yet", page, re.S)


@pytest.mark.parametrize("role", ["member", "sales", "finance", "reader"])
def test_only_who_manages_users_demands_it_or_lets_it_be(company: Company, role: str) -> None:  # noqa: F811
    user, client = company.employ(role)
    with_app(user)
    assert client.post(company.at("security"), SETTING).status_code == 403


def test_a_session_that_was_there_before_reaches_nothing_from_then_on(company: Company) -> None:  # noqa: F811
    _user, client = company.employ("admin")
    assert client.get(f"{home(company)}/subscriptions").status_code == 200
    with_app(company.user)
    company.client.post(company.at("security"), SETTING)
    assert client.get(f"{home(company)}/subscriptions")["Location"] == safety_of(company)
    assert client.post(company.at("teams/add"), {"name": "North"})["Location"] == safety_of(company)
    assert company.rows("SELECT 1 FROM team WHERE account_id = %s") == []


SETS_ONE_UP = {"you-safety", "you-app", "you-app-confirm", "you-passkey-options", "you-passkeys"}
CHANGES_THE_WAY_IN = {
    "you-password",
    "you-app-remove",
    "you-codes",
    "you-passkey-rename",
    "you-passkey-remove",
}
"""What leads to nothing of the account's, and asks for the password by itself or for what is not there."""


def test_no_address_of_the_account_answers_before_one_is_set_up(demanding: Company) -> None:
    user, _client = demanding.employ("admin")
    inside = list(addresses_inside(demanding.ctx.id))
    assert {name for _path, name in inside} >= SETS_ONE_UP | CHANGES_THE_WAY_IN
    for path, name in inside:
        if name not in SETS_ONE_UP | CHANGES_THE_WAY_IN:
            answers = [asked(path, method, user) for method in ("POST", "GET")]
            open_ = [each for each in answers if each.status_code != 405]
            assert open_, path
            assert {each.get("Location") for each in open_} == {safety_of(demanding)}, path


def test_htmx_is_led_there_as_well(demanding: Company) -> None:
    _user, client = demanding.employ("admin")
    answer = client.get(f"{home(demanding)}/subscriptions", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, safety_of(demanding))


def test_the_way_there_tells_nothing_of_the_account_but_its_name(demanding: Company) -> None:
    _user, client = demanding.employ("admin")
    page = client.get(safety_of(demanding)).content.decode()
    assert "Set up a second factor" in page
    assert "Nordlys AS wants a second factor" in page
    links = set(re.findall(r'(?:href|action)="(/[^"]*)"', page))
    inside = {each for each in links if each.startswith(f"/{demanding.ctx.id}")}
    assert inside == {f"{home(demanding)}/you/app"}


def test_an_app_is_set_up_on_the_way_in_and_opens_the_account(demanding: Company) -> None:
    user, _client = demanding.employ("admin")
    client = Client()
    came = client.post("/sign-in", {"email": user.email, "password": PASSWORD, "next": home(demanding)})
    assert client.get(came["Location"])["Location"] == safety_of(demanding)
    you = f"{home(demanding)}/you"
    assert "This is not your password." in client.post(f"{you}/app", {"app-password": "no"}).content.decode()
    shown = client.post(f"{you}/app", {"app-password": PASSWORD}).content.decode()
    assert "data:image/svg+xml" in shown
    assert client.get(f"{home(demanding)}/subscriptions").status_code == 302
    assert client.post(f"{you}/app/confirm", {"code-code": "000000"}).status_code == 422
    done = client.post(f"{you}/app/confirm", {"code-code": app_of(user).at(NOW)}).content.decode()
    assert done.count("<li><code>") == second_factor.CODES
    assert f'href="{home(demanding)}"' in done
    assert client.get(f"{home(demanding)}/subscriptions").status_code == 200
    assert "Everybody" not in client.get(safety_of(demanding)).content.decode()


def test_who_comes_in_by_two_steps_is_led_nowhere_else(demanding: Company) -> None:
    user, _client = demanding.employ("admin")
    app = with_app(user)
    client = Client()
    client.post("/sign-in", {"email": user.email, "password": PASSWORD, "next": home(demanding)})
    assert client.get(f"{home(demanding)}/subscriptions").status_code == 302
    assert client.post("/sign-in/second", {"code": app.at(NOW)})["Location"] == home(demanding)
    assert client.get(f"{home(demanding)}/subscriptions").status_code == 200


def test_a_browser_that_came_in_before_there_was_one_is_asked_for_it(demanding: Company) -> None:
    """Who came in by a stolen password stays outside when its owner sets a second factor up elsewhere."""
    user, elsewhere = demanding.employ("admin")
    app = with_app(user)
    page = f"{home(demanding)}/subscriptions?q=x"
    copied = Client()
    copied.cookies.update(elsewhere.cookies)
    assert elsewhere.get(page)["Location"] == "/sign-in/second"
    assert elsewhere.post("/sign-in/second", {"code": app.at(NOW)})["Location"] == page
    assert elsewhere.get(page).status_code == 200
    assert copied.get(page)["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("app", {"app-password": PASSWORD}),
        ("app/remove", {"app-password": PASSWORD}),
        ("codes", {"codes-password": PASSWORD}),
        ("passkeys/options", {"passkey-password": PASSWORD}),
        ("password", {"change-password": PASSWORD, "change-new": "a rather different horse"}),
    ],
)
def test_the_password_alone_changes_nothing_about_a_second_factor(
    company: Company,  # noqa: F811
    path: str,
    fields: dict[str, str],
) -> None:
    """Also where no account asks for it: else a browser from before could add a factor of its own, and come in."""
    user, client = company.employ("member")
    with_app(user)
    before = (user.password, SecondFactor.objects.get(user_id=user.id).sealed_secret)
    assert client.post(f"{home(company)}/you/{path}", fields)["Location"] == "/sign-in/second"
    user.refresh_from_db()
    assert (user.password, SecondFactor.objects.get(user_id=user.id).sealed_secret) == before
    assert second_factor.recovery_codes_left(user.id) == 0


def test_who_gives_it_up_stands_outside_again(demanding: Company) -> None:
    answer = demanding.client.post(f"{home(demanding)}/you/app/remove", {"app-password": PASSWORD})
    assert answer.status_code == 303
    assert demanding.client.get(demanding.at("security"))["Location"] == safety_of(demanding)


def test_other_accounts_of_the_user_stay_open(demanding: Company, company: Company) -> None:  # noqa: F811
    from kalends.accounts.create import create_account
    from kalends.accounts.sql import enter_account

    user, client = demanding.employ()
    other = create_account(demanding.db, name="Sydvest AS", time_zone="Europe/Oslo", currency="NOK", now=NOW)
    give_place(demanding.db, user, other.id)
    enter_account(demanding.db, demanding.ctx.id)
    assert client.get(f"/{other.id}/subscriptions").status_code == 200
    assert f'href="/{other.id}"' in client.get(safety_of(demanding)).content.decode()


def test_a_stranger_learns_nothing(demanding: Company) -> None:
    client = Client()
    client.force_login(new_user())
    for path in ("you/sign-in", "subscriptions"):
        assert client.get(f"{home(demanding)}/{path}").status_code == 404


def test_an_app_is_let_in_only_by_who_has_had_it(demanding: Company) -> None:
    made = create_app(demanding.db, demanding.ctx.id, name="X", redirect_uris=["https://x.example/"], now=NOW)
    address = f"/oauth/authorize?client_id={made.app.client_id}&redirect_uri=https://x.example/"
    _user, client = demanding.employ("admin")
    assert client.get(address)["Location"] == safety_of(demanding)
    assert client.post(address, {"answer": "approve"})["Location"] == safety_of(demanding)
    assert demanding.rows("SELECT 1 FROM oauth_code WHERE account_id = %s") == []
    assert demanding.client.get(address).status_code == 200


def test_programs_go_on_as_before(demanding: Company) -> None:
    token = create_token(demanding.db, demanding.ctx.id, name="Till", scopes=("all",), now=NOW).token
    bearer = {"Authorization": f"Bearer {token}"}
    assert Client().get("/crm/v3/objects/contacts", headers=bearer).status_code == 200


def test_what_happened_on_the_way_is_in_the_log_of_the_account(demanding: Company) -> None:
    user, client = demanding.employ("admin")
    you = f"{home(demanding)}/you"
    client.post(f"{you}/app", {"app-password": PASSWORD})
    client.post(f"{you}/app/confirm", {"code-code": app_of(user).at(NOW)})
    with demanding.db.cursor() as cursor:
        kinds = [each.kind for each in read_audit(cursor, demanding.ctx.id, Wanted(user_id=user.id), limit=3)]
    assert kinds == ["user.second_factor_added"]


@pytest.mark.parametrize(("language", "words"), [("nb", "Sett opp en andre faktor"), ("fi", "toinen tekijä")])
def test_the_way_speaks_the_users_language(demanding: Company, language: str, words: str) -> None:
    user, client = demanding.employ("admin")
    User.objects.filter(id=user.id).update(language=language)
    assert words in client.get(safety_of(demanding)).content.decode()
