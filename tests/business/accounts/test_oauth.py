"""How long codes and tokens of apps are good, to the second, and what is left of them afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kalends.accounts import oauth
from kalends.accounts.consent import Asked, CannotAsk, asked
from kalends.accounts.context import AccountContext
from kalends.accounts.integration_apps import App, create_app, revoke_app
from kalends.accounts.people import add_member, add_user
from kalends.accounts.permissions import ROLES, Place
from kalends.accounts.roles import remove_member
from kalends.accounts.scopes import ALL
from kalends.accounts.tokens import ask_for_bearer
from tests.conftest import FIRST_MOMENT, AnyConnection

BACK = "https://fleet.example/back"
READ, WRITE, DEALS = "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.deals.read"
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def app(db: AnyConnection, account: AccountContext) -> App:
    return create_app(
        db,
        account.id,
        name="Fleet Mirror",
        redirect_uris=[BACK],
        scopes=[READ],
        optional_scopes=[WRITE],
        now=FIRST_MOMENT,
    ).app


def _code(db: AnyConnection, account_id: int, app: App) -> str:
    user_id = add_user(db, email="maja@kalends.test", name="Maja Lindqvist")
    return oauth.give_code(
        db, account_id, app, user_id=user_id, redirect_uri=BACK, scopes=[READ], now=FIRST_MOMENT
    )


def _tokens(db: AnyConnection, account_id: int, app: App, now: datetime) -> oauth.Tokens:
    code = _code(db, account_id, app)
    return oauth.exchange_code(db, account_id, app, code=code, redirect_uri=BACK, now=now)


def test_a_code_is_good_for_less_than_ten_minutes(db: AnyConnection, account_id: int, app: App) -> None:
    assert _tokens(db, account_id, app, FIRST_MOMENT + 10 * MINUTE - SECOND).scopes == (READ,)
    with pytest.raises(oauth.Refused) as refusal:
        _tokens(db, account_id, app, FIRST_MOMENT + 10 * MINUTE)
    assert refusal.value.status == "EXPIRED_AUTH_CODE"


def test_a_code_that_ended_is_said_to_have_been_used_all_the_same(
    db: AnyConnection, account_id: int, app: App
) -> None:
    code = _code(db, account_id, app)
    given = oauth.exchange_code(db, account_id, app, code=code, redirect_uri=BACK, now=FIRST_MOMENT)
    with pytest.raises(oauth.Refused, match="used before"):
        oauth.exchange_code(db, account_id, app, code=code, redirect_uri=BACK, now=FIRST_MOMENT + 11 * MINUTE)
    assert ask_for_bearer(db, account_id, given.access_token)() is None


def test_an_access_token_is_good_for_thirty_minutes_and_belongs_to_its_app(
    db: AnyConnection, account_id: int, app: App
) -> None:
    given = _tokens(db, account_id, app, FIRST_MOMENT)
    bearer = ask_for_bearer(db, account_id, given.access_token)()
    assert bearer is not None
    assert (bearer.app_id, bearer.expires_at) == (app.id, FIRST_MOMENT + 30 * MINUTE)
    for now, is_held in ((FIRST_MOMENT + 30 * MINUTE - SECOND, True), (FIRST_MOMENT + 30 * MINUTE, False)):
        held = oauth.held_by_access_token(db, account_id, given.access_token, now)
        assert (held is not None) is is_held


def test_revoking_an_app_revokes_each_of_its_consents(db: AnyConnection, account_id: int, app: App) -> None:
    first, second = (_tokens(db, account_id, app, FIRST_MOMENT) for _ in range(2))
    revoke_app(db, account_id, str(app.id), FIRST_MOMENT)
    for each in (first, second):
        assert ask_for_bearer(db, account_id, each.access_token)() is None
        assert oauth.held_by_refresh_token(db, account_id, each.refresh_token) is None


def test_a_consent_is_the_accounts_and_outlives_its_users_place(
    db: AnyConnection, account: AccountContext, app: App
) -> None:
    given = _tokens(db, account.id, app, FIRST_MOMENT)
    (user_id,) = (
        db.execute("SELECT user_id FROM oauth_grant WHERE account_id = %s", [account.id]).fetchone() or ()
    )
    add_member(db, account.id, user_id)
    remove_member(db, account, user_id, by=Place(0, "admin", None, ROLES["admin"], (), ()))

    again = oauth.refresh(db, account.id, app, refresh_token=given.refresh_token, now=FIRST_MOMENT)
    assert ask_for_bearer(db, account.id, again.access_token)() is not None


def test_an_app_asks_for_what_it_was_made_with_or_less(app: App) -> None:
    assert asked(app, {}) == Asked((READ,), (), "")
    assert asked(app, {"scope": "oauth"}) == Asked((READ,), (), "")
    assert asked(app, {"scope": WRITE}) == Asked((WRITE,), (), "")
    assert asked(app, {"scope": READ, "optional_scope": f"{READ} {WRITE}"}) == Asked((READ,), (WRITE,), "")
    for query in ({"scope": DEALS}, {"scope": ALL}, {"optional_scope": DEALS}, {"scope": f"{READ},{WRITE}"}):
        with pytest.raises(CannotAsk) as refusal:
            asked(app, query)
        assert refusal.value.error == "invalid_scope"


def test_an_app_that_may_do_everything_may_ask_for_anything_that_there_is(
    db: AnyConnection, account_id: int
) -> None:
    app = create_app(db, account_id, name="Everything", scopes=[ALL], now=FIRST_MOMENT).app
    assert asked(app, {}).scopes == (ALL,)
    assert asked(app, {"scope": DEALS, "optional_scope": WRITE}) == Asked((DEALS,), (WRITE,), "")
    with pytest.raises(CannotAsk):
        asked(app, {"scope": "nonsense"})


def test_what_was_not_asked_for_is_not_granted(app: App) -> None:
    wanted = asked(app, {"optional_scope": WRITE})
    assert wanted.granted(set()) == (READ,)
    assert wanted.granted({WRITE, DEALS, ALL}) == (READ, WRITE)
