"""A second step after the password: codes of an app, recovery codes, passkeys, and guesses at each."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256

import pyotp
import pytest
from django.test import Client

from kalends.accounts import second_factor
from kalends.accounts.audit import Wanted, read_audit
from kalends.accounts.links import FORGOTTEN, password_token
from kalends.accounts.models import RecoveryCode, SecondFactor, User
from kalends.accounts.sign_in_models import Passkey
from kalends.platform import database
from kalends.platform.sealing import unseal
from kalends.staff.account import door, safety, seen, sign_in
from tests.staff.stage import PASSWORD, Stage, give_place, new_user

NOW = dt.datetime(2026, 6, 15, 9, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is always the same moment at the door."""
    for module in (door, safety, seen, sign_in):
        monkeypatch.setattr(module, "system_now", lambda: NOW)


@pytest.fixture
def user(stage: Stage) -> User:
    user = new_user("Henrik Aas")
    with database.connect(autocommit=True) as db:
        give_place(db, user, stage.ctx.id)
    return user


def app_of(user: User) -> pyotp.TOTP:
    return pyotp.TOTP(unseal(SecondFactor.objects.get(user_id=user.id).sealed_secret))


@pytest.fixture
def app(user: User) -> pyotp.TOTP:
    """The user's app, confirmed a minute ago."""
    second_factor.begin_app(user)
    app, before = app_of(user), NOW - dt.timedelta(minutes=2)
    assert second_factor.confirm_app(user.id, app.at(before), before)
    return app


def with_password(user: User) -> Client:
    client = Client()
    client.post("/sign-in", {"email": user.email, "password": PASSWORD, "next": "/"})
    return client


def test_after_the_password_the_code_is_asked_for_and_nothing_is_open_before(
    user: User, app: pyotp.TOTP, stage: Stage
) -> None:
    client = with_password(user)
    assert client.get(stage.index).status_code == 302
    assert "Code from the app" in client.get("/sign-in/second").content.decode()
    answer = client.post("/sign-in/second", {"code": app.at(NOW)})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get(stage.index).status_code == 200


def test_a_new_password_by_letter_does_not_get_around_it(user: User, app: pyotp.TOTP, stage: Stage) -> None:
    client, link = Client(), f"/new-password/{password_token(user, FORGOTTEN)}"
    assert client.post(link, {"new": "a rather different horse"}).status_code == 303
    assert client.get(stage.index)["Location"].startswith("/sign-in")
    client.post("/sign-in", {"email": user.email, "password": "a rather different horse", "next": "/"})
    assert client.get(stage.index).status_code == 302
    client.post("/sign-in/second", {"code": app.at(NOW)})
    assert client.get(stage.index).status_code == 200


def test_a_code_lets_in_once(user: User, app: pyotp.TOTP) -> None:
    code = app.at(NOW)
    assert with_password(user).post("/sign-in/second", {"code": code}).status_code == 302
    assert with_password(user).post("/sign-in/second", {"code": code}).status_code == 403


def test_codes_are_guessed_at_five_times_and_then_one_waits(user: User, app: pyotp.TOTP) -> None:
    client = with_password(user)
    for _ in range(5):
        assert client.post("/sign-in/second", {"code": "000000"}).status_code == 403
    right = client.post("/sign-in/second", {"code": app.at(NOW)})
    assert right.status_code == 429
    assert "Wait 1 minute," in right.content.decode()


def test_the_second_step_without_the_first_leads_back() -> None:
    assert Client().get("/sign-in/second")["Location"] == "/sign-in"


def test_a_recovery_code_lets_in_once_and_is_kept_as_a_hash_only(user: User, app: pyotp.TOTP) -> None:
    codes = second_factor.new_recovery_codes(user.id)
    assert len(set(codes)) == second_factor.CODES
    kept = RecoveryCode.objects.filter(user_id=user.id).values_list("hash", flat=True)
    assert len(set(kept)) == second_factor.CODES
    assert not any(code.replace("-", "") in each for code in codes for each in kept)
    assert not {sha256(code.replace("-", "").encode()).hexdigest() for code in codes} & set(kept)
    typed = codes[3].upper().replace("-", " ")
    assert with_password(user).post("/sign-in/second", {"code": typed}).status_code == 302
    assert with_password(user).post("/sign-in/second", {"code": codes[3]}).status_code == 403
    assert second_factor.recovery_codes_left(user.id) == second_factor.CODES - 1


def test_a_recovery_code_from_earlier_times_still_lets_in_once(user: User, app: pyotp.TOTP) -> None:
    RecoveryCode.objects.create(user_id=user.id, hash=sha256(b"abcde23456").hexdigest())
    assert with_password(user).post("/sign-in/second", {"code": "abcde-23456"}).status_code == 302
    assert with_password(user).post("/sign-in/second", {"code": "abcde-23456"}).status_code == 403


def test_an_app_is_added_with_the_password_and_a_first_code_and_shows_the_codes_once(
    user: User, stage: Stage
) -> None:
    client, you = with_password(user), f"/{stage.ctx.id}/you"
    assert client.post(f"{you}/app", {"app-password": "wrong"}).status_code == 422
    shown = client.post(f"{you}/app", {"app-password": PASSWORD}).content.decode()
    assert "data:image/svg+xml" in shown
    assert not second_factor.is_wanted(user.id)
    assert client.post(f"{you}/app/confirm", {"code-code": "000000"}).status_code == 422
    copied = Client()
    copied.cookies.update(client.cookies)
    codes = client.post(f"{you}/app/confirm", {"code-code": app_of(user).at(NOW)}).content.decode()
    assert copied.get(f"{you}/sign-in").status_code == 302, "who has the key of before has proved nothing"
    assert codes.count("<li><code>") == second_factor.CODES
    assert "<li><code>" not in client.get(f"{you}/sign-in").content.decode()
    assert second_factor.is_wanted(user.id)
    assert client.post(f"{you}/app/remove", {"app-password": PASSWORD}).status_code == 303
    assert not second_factor.is_wanted(user.id)
    assert not RecoveryCode.objects.filter(user_id=user.id).exists()
    with database.connect(autocommit=True) as db, db.transaction(), db.cursor() as cursor:
        cursor.execute("SELECT set_config('kalends.account_id', %s, true)", [str(stage.ctx.id)])
        kinds = [each.kind for each in read_audit(cursor, stage.ctx.id, Wanted(user_id=user.id), limit=3)]
    assert kinds[:2] == ["user.second_factor_removed", "user.second_factor_added"]


def test_the_secret_is_sealed(user: User, app: pyotp.TOTP) -> None:
    assert app.secret.encode() not in bytes(SecondFactor.objects.get(user_id=user.id).sealed_secret)


def test_a_passkey_asks_for_a_second_step_too_and_is_only_ones_own_to_remove(
    user: User, stage: Stage
) -> None:
    other = new_user()
    for owner, key in ((user, b"mine"), (other, b"theirs")):
        Passkey.objects.create(
            user_id=owner.id,
            name="Phone",
            credential_id=key + str(owner.id).encode(),
            public_key=b"key",
            sign_count=0,
            created_at=NOW,
        )
    mine, theirs = (Passkey.objects.get(user_id=each.id).id for each in (user, other))
    client = with_password(user)
    assert client.get("/sign-in/second").status_code == 200
    client.force_login(user)
    session = client.session
    session[door.PROVED] = user.id  # no device of these tests signs anything
    session.save()
    keys = f"/{stage.ctx.id}/you/passkeys"
    assert client.post(f"{keys}/{theirs}/remove", {"removal-password": PASSWORD}).status_code == 404
    assert client.post(f"{keys}/{theirs}/rename", {"name": "Mine"}).status_code == 404
    client.post(f"{keys}/{mine}/rename", {"name": "  Work   laptop "})
    assert Passkey.objects.get(id=mine).name == "Work laptop"
    assert client.post(f"{keys}/{mine}/remove", {"removal-password": "wrong"}).status_code == 422
    assert Passkey.objects.filter(id=mine).exists()
    assert client.post(f"{keys}/{mine}/remove", {"removal-password": PASSWORD}).status_code == 303
    assert not second_factor.is_wanted(user.id)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"credential": {"rawId": "AAAA"}}', '{"credential": 7}'])
def test_what_no_passkey_signed_lets_nobody_in(body: str) -> None:
    client = Client()
    client.post("/sign-in/passkey/options")
    answer = client.post("/sign-in/passkey", body, content_type="application/json")
    assert answer.status_code == 403
    assert "not known here" in answer.json()["problem"]
