"""What tokens of apps tell of themselves, how they are taken back, and what they may do in which time."""

from __future__ import annotations

import pytest
import requests

from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.tokens import create_token, list_tokens
from kalends.api.wire import LARGEST_BODY
from tests.api.conftest import new_account
from tests.api.program import BACK, CONTACTS, MAIL, READ, WRITE, Program, new_program, refused
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect


@pytest.fixture
def program(address: str, db: AnyConnection, account: AccountContext) -> Program:
    return new_program(address, db, account)


# ---------------------------------------------------------------- what a token is


def test_what_an_access_token_is(program: Program) -> None:
    token = program.tokens(READ, WRITE)["access_token"]
    told = requests.get(f"{program.address}/oauth/v1/access-tokens/{token}", timeout=30).json()
    seconds = told.pop("expires_in")
    assert 1700 < seconds <= 1800
    assert told == {
        "token": token,
        "user": MAIL,
        "user_id": program.user_id,
        "hub_domain": "localhost:8000",
        "hub_id": program.ctx.id,
        "scopes": ["oauth", READ, WRITE],
        "app_id": program.made.app.id,
        "token_type": "access",
    }


def test_what_a_refresh_token_is(program: Program) -> None:
    token = program.tokens()["refresh_token"]
    told = requests.get(f"{program.address}/oauth/v1/refresh-tokens/{token}", timeout=30).json()
    assert (told["token"], told["client_id"], told["token_type"]) == (token, program.client_id, "refresh")
    assert "app_id" not in told


def test_what_is_no_token_is_not_found(program: Program) -> None:
    own = create_token(program.db, program.ctx.id, name="Own", scopes=["all"], now=FIRST_MOMENT).token
    refresh_token = program.tokens()["refresh_token"]
    unknown = (own, refresh_token, "x", "kal_1_" + "x" * 43, "%F0%9F%9A%9A", "a%00b", "x" * 3_000)
    for token in unknown:
        answer = requests.get(f"{program.address}/oauth/v1/access-tokens/{token}", timeout=30)
        assert answer.status_code == 404, token
        assert answer.json()["category"] == "OBJECT_NOT_FOUND"
    for token in (own, "x", "kalr_1_" + "x" * 43):
        for method in ("GET", "DELETE"):
            answer = requests.request(
                method, f"{program.address}/oauth/v1/refresh-tokens/{token}", timeout=30
            )
            assert answer.status_code == 404
    program.api(own).get(CONTACTS)


def test_an_expired_access_token_is_said_to_be_one(program: Program) -> None:
    token = program.tokens()["access_token"]
    program.db.execute("UPDATE access_token SET expires_at = expires_at - interval '30 minutes'")
    answer = requests.get(f"{program.address}/oauth/v1/access-tokens/{token}", timeout=30)
    assert (answer.status_code, answer.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_introspection_tells_an_app_of_its_own_tokens(program: Program) -> None:
    given = program.tokens()
    access = program.post("/oauth/v3/token/introspect", token=given["access_token"]).json()
    assert access["active"] is True
    assert (access["token_use"], access["app_id"], access["hub_id"]) == (
        "access_token",
        program.made.app.id,
        program.ctx.id,
    )
    refresh_token = program.post("/oauth/2026-03/token/introspect", token=given["refresh_token"]).json()
    assert (refresh_token["active"], refresh_token["token_use"]) == (True, "refresh_token")
    assert "expires_in" not in refresh_token
    for token in (None, "", "x", "kal_1_" + "x" * 43):
        assert program.post("/oauth/v3/token/introspect", token=token).json() == {"active": False}
    for path in ("introspect", "revoke"):
        answer = program.post(f"/oauth/v3/token/{path}", token=given["access_token"], client_secret="x")
        refused(answer, "BAD_CLIENT_SECRET", "invalid_client")
    program.api(given["access_token"]).get(CONTACTS)


# ---------------------------------------------------------------- taking back


def test_a_deleted_refresh_token_takes_its_access_tokens_with_it(program: Program) -> None:
    given, other = program.tokens(), program.tokens()
    gone = requests.delete(f"{program.address}/oauth/v1/refresh-tokens/{given['refresh_token']}", timeout=30)
    assert (gone.status_code, gone.content) == (204, b"")
    refused(program.refresh(given["refresh_token"]), "BAD_REFRESH_TOKEN")
    program.api(given["access_token"]).get(CONTACTS, 401)
    again = requests.delete(f"{program.address}/oauth/v1/refresh-tokens/{given['refresh_token']}", timeout=30)
    assert again.status_code == 404
    program.api(other["access_token"]).get(CONTACTS)


def test_revoking_an_access_token_leaves_its_refresh_token(program: Program) -> None:
    given = program.tokens()
    for _ in range(2):  # what is revoked already is no error
        assert program.post("/oauth/v3/token/revoke", token=given["access_token"]).status_code == 200
    program.api(given["access_token"]).get(CONTACTS, 401)
    renewed = program.refresh(given["refresh_token"]).json()
    assert program.post("/oauth/v3/token/revoke", token=given["refresh_token"]).status_code == 200
    program.api(renewed["access_token"]).get(CONTACTS, 401)
    refused(program.refresh(given["refresh_token"]), "BAD_REFRESH_TOKEN")


# ---------------------------------------------------------------- forms and limits


def test_json_will_do_for_a_form(program: Program) -> None:
    keys = {"client_id": program.client_id, "client_secret": program.made.client_secret}
    form = {"grant_type": "authorization_code", "code": program.consented(), "redirect_uri": BACK}
    answer = requests.post(
        f"{program.address}/oauth/2026-03/token", json=keys | form | {"scope": None}, timeout=30
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"client_id", b"&&&===", b"[]", b"{}", b'{"client_id": 12}', b'{"client_id": "\\ud800"}',
     b"a=b&" * 5_000],
)  # fmt: skip
def test_a_body_that_is_no_form_names_no_client(address: str, body: bytes) -> None:
    answer = requests.post(f"{address}/oauth/v1/token", data=body, timeout=30)
    refused(answer, "BAD_CLIENT_ID", "invalid_client")


def test_json_that_is_none_and_bodies_that_are_too_large_are_refused_as_anywhere(address: str) -> None:
    broken = requests.post(f"{address}/oauth/v1/token", data=b"{not json", timeout=30)
    assert (broken.status_code, broken.json()["category"]) == (400, "VALIDATION_ERROR")
    large = requests.post(f"{address}/oauth/v1/token", data=b"x" * (LARGEST_BODY + 1), timeout=60)
    assert large.status_code == 413


def test_a_lone_surrogate_in_a_secret_or_a_code_is_a_wrong_one(program: Program) -> None:
    for fields, status in (
        ({"client_secret": "\\ud800"}, "BAD_CLIENT_SECRET"),
        ({"code": "\\ud800"}, "BAD_AUTH_CODE"),
    ):
        given = {
            "client_id": program.client_id,
            "client_secret": program.made.client_secret,
            "grant_type": "authorization_code",
            **fields,
        }
        body = "{" + ", ".join(f'"{name}": "{value}"' for name, value in given.items()) + "}"
        answer = requests.post(f"{program.address}/oauth/v1/token", data=body.encode(), timeout=30)
        assert (answer.status_code, answer.json()["status"]) == (400, status)


def test_another_method_is_not_answered_and_another_path_asks_for_a_token(address: str) -> None:
    wrong = requests.get(f"{address}/oauth/v1/token", data={"client_id": "x"}, timeout=30)
    refused(wrong, "BAD_CLIENT_ID", "invalid_client")
    assert requests.get(f"{address}/oauth/v1/nothing", timeout=30).status_code == 401


def test_all_tokens_of_an_app_share_its_limit(address: str, connect: Connect) -> None:
    db = connect()
    ctx = new_account(db, settings=AccountSettings(api_app_requests_per_ten_seconds=6))
    program = new_program(address, db, ctx)
    first, second = program.tokens(), program.tokens()
    answers = [program.api(each["access_token"]).ask("GET", CONTACTS) for each in (first, second) * 4]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 4
    assert answers[0].headers["X-HubSpot-RateLimit-Max"] == "6"
    assert answers[-1].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    own = create_token(db, ctx.id, name="Own", scopes=["all"], now=FIRST_MOMENT).token
    assert program.api(own).ask("GET", CONTACTS).headers["X-HubSpot-RateLimit-Max"] == "190"


def test_whoever_knows_a_client_id_cannot_use_up_the_apps_limit(address: str, connect: Connect) -> None:
    db = connect()
    ctx = new_account(db, settings=AccountSettings(api_app_requests_per_ten_seconds=6))
    program = new_program(address, db, ctx)
    for _ in range(10):
        refused(program.exchange("x", client_secret="guess"), "BAD_CLIENT_SECRET", "invalid_client")
    assert program.exchange(program.consented()).status_code == 200


def test_an_apps_tokens_are_not_listed_among_the_accounts_own(program: Program) -> None:
    program.tokens()
    assert list_tokens(program.db, program.ctx.id) == []


def test_an_app_that_repeats_itself_with_a_new_token_is_answered_as_before(program: Program) -> None:
    given = program.tokens(READ, WRITE)
    renewed = program.refresh(given["refresh_token"]).json()
    made = [
        program.api(token).post(
            CONTACTS, {"properties": {"firstname": "Ada"}}, headers={"Idempotency-Key": "once"}
        )
        for token in (given["access_token"], renewed["access_token"])
    ]
    assert made[0] == made[1]


def test_what_an_app_writes_is_written_by_the_app(program: Program) -> None:
    for _ in range(2):
        api = program.api(program.tokens(READ, WRITE)["access_token"])
        id_ = api.make("contacts", firstname="Ada")
        told = api.get(f"{CONTACTS}/{id_}?properties=hs_object_source_id")["properties"]
        assert told["hs_object_source_id"] == str(program.made.app.id)


# ---------------------------------------------------------------- client libraries


def test_hubspots_own_library_for_python(program: Program) -> None:
    hubspot = pytest.importorskip("hubspot")
    from hubspot.oauth.exceptions import ApiException, NotFoundException

    client = hubspot.HubSpot(host=program.address)
    keys = {"client_id": program.client_id, "client_secret": program.made.client_secret}
    given = client.oauth.tokens_api.create(
        grant_type="authorization_code", code=program.consented(), redirect_uri=BACK, **keys
    )
    assert (given.token_type, given.expires_in) == ("bearer", 1800)
    renewed = client.oauth.tokens_api.create(
        grant_type="refresh_token", refresh_token=given.refresh_token, **keys
    )
    hubspot.HubSpot(access_token=renewed.access_token, host=program.address).crm.contacts.basic_api.get_page()
    access = client.oauth.access_tokens_api.get(renewed.access_token)
    assert (access.hub_id, access.app_id, access.user) == (program.ctx.id, program.made.app.id, MAIL)
    assert client.oauth.refresh_tokens_api.get(given.refresh_token).client_id == program.client_id
    client.oauth.refresh_tokens_api.archive(given.refresh_token)
    with pytest.raises(NotFoundException):
        client.oauth.refresh_tokens_api.get(given.refresh_token)
    with pytest.raises(ApiException) as problem:
        client.oauth.tokens_api.create(grant_type="refresh_token", refresh_token=given.refresh_token, **keys)
    assert problem.value.status == 400
    assert "BAD_REFRESH_TOKEN" in problem.value.body


def test_hubspots_newer_library(program: Program) -> None:
    hubspot = pytest.importorskip("hubspot_sdk")
    keys = {"client_id": program.client_id, "client_secret": program.made.client_secret}
    with hubspot.HubSpot(access_token="none", base_url=program.address) as client:
        given = client.auth.oauth.create_token(
            grant_type="authorization_code", code=program.consented(), redirect_uri=BACK, **keys
        )
        assert (given.token_use, given.hub_id, given.scopes) == (
            "access_token",
            program.ctx.id,
            ["oauth", READ],
        )
        told = client.auth.oauth.introspect_token(token=given.access_token, **keys)
        assert (told.active, told.app_id) == (True, program.made.app.id)
        client.auth.oauth.revoke_token(token=given.refresh_token, **keys)
    program.api(given.access_token).get(CONTACTS, 401)
