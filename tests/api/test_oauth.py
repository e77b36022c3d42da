"""OAuth: codes and refresh tokens become access tokens, once and for the right app only; what is taken back is gone."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from kalends.accounts import integration_apps
from kalends.accounts.context import AccountContext
from tests.api.conftest import new_account
from tests.api.program import BACK, CONTACTS, READ, WRITE, Program, new_program, refused
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect

VERIFIER = "a-verifier-of-at-least-forty-three-characters"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def program(address: str, db: AnyConnection, account: AccountContext) -> Program:
    return new_program(address, db, account)


@pytest.fixture
def stranger(address: str, connect: Connect) -> Program:
    """An app of another account."""
    db = connect()
    return new_program(address, db, new_account(db, "Another AS"), "Stranger")


# ---------------------------------------------------------------- codes and tokens


def test_a_code_gives_tokens_that_open_what_was_consented_to(program: Program) -> None:
    given = program.tokens(READ)
    assert given.keys() == {"token_type", "access_token", "refresh_token", "expires_in"}
    assert (given["token_type"], given["expires_in"]) == ("bearer", 1800)
    api = program.api(given["access_token"])
    api.get(CONTACTS)
    lacking = api.post(CONTACTS, {"properties": {"email": "a@b.test"}}, 403)
    assert lacking["category"] == "MISSING_SCOPES"
    assert lacking["errors"][0]["context"]["requiredGranularScopes"] == [WRITE]


@pytest.mark.parametrize("path", ["/oauth/v3/token", "/oauth/2026-03/token", "/oauth/v3/token/"])
def test_newer_paths_tell_account_and_scopes_as_well(program: Program, path: str) -> None:
    given = program.exchange(program.consented(), path=path).json()
    assert given["hub_id"] == program.ctx.id
    assert given["scopes"] == ["oauth", READ]
    assert given["user_id"] == program.user_id


def test_answers_with_tokens_are_kept_by_nobody(program: Program) -> None:
    code = program.consented()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    keys = {"client_id": program.client_id, "client_secret": program.made.client_secret}
    answer = requests.post(
        f"{program.address}/oauth/v1/token", data=form | keys, headers={"Idempotency-Key": "once"}, timeout=30
    )
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert program.db.execute("SELECT count(*) FROM answer").fetchone() == (0,)
    for table in ("access_token", "oauth_grant", "oauth_code"):
        rows = program.db.execute(f"SELECT to_jsonb(t)::text FROM {table} AS t").fetchall()  # type: ignore[arg-type]
        assert len(rows) == 1
        for secret in (code, answer.json()["access_token"], answer.json()["refresh_token"]):
            assert secret.split("_", 2)[2] not in rows[0][0]


def test_a_code_used_twice_revokes_what_it_gave(program: Program) -> None:
    code = program.consented()
    given = program.exchange(code).json()
    refused(program.exchange(code), "BAD_AUTH_CODE")
    assert program.api(given["access_token"]).get(CONTACTS, 401)["category"] == "INVALID_AUTHENTICATION"
    refused(program.refresh(given["refresh_token"]), "BAD_REFRESH_TOKEN")


def test_of_two_that_come_with_one_code_at_once_one_gets_tokens_and_they_are_revoked(
    program: Program,
) -> None:
    code = program.consented()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: program.exchange(code), range(4)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 400, 400, 400]
    given = next(answer.json() for answer in answers if answer.status_code == 200)
    program.api(given["access_token"]).get(CONTACTS, 401)


def test_a_code_ends(program: Program) -> None:
    code = program.consented()
    program.db.execute("UPDATE oauth_code SET expires_at = %s", [FIRST_MOMENT])
    refused(program.exchange(code), "EXPIRED_AUTH_CODE")


@pytest.mark.parametrize(
    "uri", [None, "", "https://fleet.example/", f"{BACK}/", f"{BACK}?x=1", "https://evil.example"]
)
def test_the_redirect_address_is_the_one_that_was_consented_to(program: Program, uri: str | None) -> None:
    code = program.consented()
    refused(program.exchange(code, redirect_uri=uri), "MISMATCH_REDIRECT_URI_AUTH_CODE")
    assert program.exchange(code).status_code == 200


@pytest.mark.parametrize(
    "code",
    [
        None,
        "",
        "kalc_1_" + "x" * 43,
        "Ærlig talt 🚚",
        "x" * 100_000,
        "a\x00b",
        "kalc_1_'; DROP TABLE oauth_code; --",
    ],
)
def test_what_is_no_code_gives_nothing(program: Program, code: str | None) -> None:
    refused(program.post(grant_type="authorization_code", redirect_uri=BACK, code=code), "BAD_AUTH_CODE")
    refused(program.post(grant_type="refresh_token", refresh_token=code), "BAD_REFRESH_TOKEN")


def test_codes_that_ended_long_ago_are_forgotten(program: Program) -> None:
    for _ in range(2):
        program.consented()
    program.db.execute("UPDATE oauth_code SET expires_at = expires_at - interval '2 days'")
    program.consented()
    assert program.db.execute("SELECT count(*) FROM oauth_code").fetchone() == (1,)


# ---------------------------------------------------------------- who asks


def test_the_secret_is_the_apps_own(program: Program, db: AnyConnection) -> None:
    other = integration_apps.create_app(db, program.ctx.id, name="Another", now=FIRST_MOMENT)
    for secret in (
        None,
        "",
        "x",
        other.client_secret,
        program.made.client_secret.upper(),
        "flåte 🚚",
        "x" * 10_000,
    ):
        refused(
            program.exchange(program.consented(), client_secret=secret), "BAD_CLIENT_SECRET", "invalid_client"
        )


def test_an_unknown_client_learns_nothing_else(program: Program) -> None:
    zeros = "00000000-0000-4000-8000-000000000000"
    for client_id in (
        None,
        "",
        "x",
        f"{program.ctx.id}-{zeros}",
        f"999999999999999999-{zeros}",
        "🚚",
        "1" * 10_000,
    ):
        refused(program.exchange("x", client_id=client_id), "BAD_CLIENT_ID", "invalid_client")


def test_codes_and_tokens_are_of_one_app(program: Program, db: AnyConnection) -> None:
    other = integration_apps.create_app(
        db, program.ctx.id, name="Another", redirect_uris=[BACK], now=FIRST_MOMENT
    )
    keys = {"client_id": other.app.client_id, "client_secret": other.client_secret}
    code = program.consented()
    refused(program.exchange(code, **keys), "BAD_AUTH_CODE")
    given = program.exchange(code).json()
    refused(program.refresh(given["refresh_token"], **keys), "BAD_REFRESH_TOKEN")
    assert program.post("/oauth/v3/token/introspect", token=given["access_token"], **keys).json() == {
        "active": False
    }
    assert program.post("/oauth/v3/token/revoke", token=given["refresh_token"], **keys).status_code == 200
    program.api(given["access_token"]).get(CONTACTS)


def test_codes_and_tokens_are_of_one_account(program: Program, stranger: Program) -> None:
    code = program.consented()
    refused(stranger.exchange(code), "BAD_AUTH_CODE")
    given = program.exchange(code).json()
    refused(stranger.refresh(given["refresh_token"]), "BAD_REFRESH_TOKEN")
    for token in (given["access_token"], given["refresh_token"]):
        assert stranger.post("/oauth/v3/token/introspect", token=token).json() == {"active": False}
        assert stranger.post("/oauth/v3/token/revoke", token=token).json() == {}
    made_up = given["access_token"].replace(f"kal_{program.ctx.id}_", f"kal_{stranger.ctx.id}_")
    program.api(made_up).get(CONTACTS, 401)
    program.api(given["access_token"]).get(CONTACTS)


@pytest.mark.parametrize("kind", [None, "", "password", "client_credentials", "implicit"])
def test_there_are_two_kinds_of_grants(program: Program, kind: str | None) -> None:
    refused(program.post(grant_type=kind), "BAD_GRANT_TYPE", "unsupported_grant_type")


def test_a_secret_that_was_changed_opens_nothing_and_tokens_stay(program: Program, db: AnyConnection) -> None:
    given = program.tokens()
    fresh = integration_apps.rotate_secret(db, program.ctx.id, "Fleet Mirror")
    refused(program.refresh(given["refresh_token"]), "BAD_CLIENT_SECRET", "invalid_client")
    assert program.refresh(given["refresh_token"], client_secret=fresh.client_secret).status_code == 200
    program.api(given["access_token"]).get(CONTACTS)


def test_an_app_that_is_revoked_takes_all_it_was_given_with_it(program: Program, db: AnyConnection) -> None:
    given = program.tokens()
    integration_apps.revoke_app(db, program.ctx.id, "Fleet Mirror", FIRST_MOMENT)
    assert program.api(given["access_token"]).get(CONTACTS, 401)["category"] == "INVALID_AUTHENTICATION"
    refused(program.refresh(given["refresh_token"]), "BAD_CLIENT_ID", "invalid_client")
    for token in ("access-tokens/" + given["access_token"], "refresh-tokens/" + given["refresh_token"]):
        assert requests.get(f"{program.address}/oauth/v1/{token}", timeout=30).status_code == 404


def test_a_secret_that_cannot_be_opened_is_a_failure_told_without_details(program: Program) -> None:
    program.db.execute("UPDATE integration_app SET client_secret = 'sealed elsewhere'")
    answer = program.exchange(program.consented())
    assert answer.status_code == 500
    assert answer.json()["category"] == "INTERNAL_ERROR"
    assert "sealing-keys" not in answer.text


# ---------------------------------------------------------------- PKCE


def test_a_code_with_a_challenge_asks_for_its_verifier(program: Program) -> None:
    code = program.consented(challenge=CHALLENGE)
    for verifier in (None, "", CHALLENGE, VERIFIER + "x", "short", "å" * 50, "x" * 200):
        refused(program.exchange(code, code_verifier=verifier), "BAD_CODE_VERIFIER")
    assert program.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_a_verifier_without_a_challenge_fits_nothing(program: Program) -> None:
    refused(program.exchange(program.consented(), code_verifier=VERIFIER), "BAD_CODE_VERIFIER")


# ---------------------------------------------------------------- time


def test_an_access_token_ends_and_a_refresh_token_renews_it(program: Program) -> None:
    given = program.tokens()
    program.db.execute("UPDATE access_token SET expires_at = expires_at - interval '30 minutes'")
    told = program.api(given["access_token"]).get(CONTACTS, 401)
    assert told["category"] == "EXPIRED_AUTHENTICATION"
    assert program.post("/oauth/v3/token/introspect", token=given["access_token"]).json() == {"active": False}

    renewed = program.refresh(given["refresh_token"]).json()
    assert renewed["refresh_token"] == given["refresh_token"]
    assert renewed["access_token"] != given["access_token"]
    program.api(renewed["access_token"]).get(CONTACTS)


def test_access_tokens_that_ended_long_ago_are_forgotten(program: Program) -> None:
    given = program.tokens()
    program.db.execute("UPDATE access_token SET expires_at = expires_at - interval '2 days'")
    program.refresh(given["refresh_token"])
    assert program.db.execute("SELECT count(*) FROM access_token").fetchone() == (1,)
