"""Coming in with email and password, going out, and the demo's open door."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection, transaction
from django.test import Client

from kalends.accounts import attempts
from kalends.accounts.audit import Wanted, read_audit
from kalends.accounts.models import User
from kalends.platform import database
from kalends.staff.demo import VARIABLE
from tests.staff.stage import PASSWORD, Stage, give_place, new_user

NOON = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)


def _try(email: str, password: str, client: Client | None = None, **more: str) -> tuple[int, str]:
    response = (client or Client()).post("/sign-in", {"email": email, "password": password, **more})
    return response.status_code, response.content.decode()


def test_the_right_password_leads_to_the_subscriptions(stage: Stage) -> None:
    client = Client()
    response = client.post("/sign-in", {"email": stage.user.email.upper(), "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == stage.index
    assert response.status_code == 200


def test_passwords_are_kept_as_argon2_only() -> None:
    assert new_user().password.startswith("argon2$argon2id$")


def test_a_wrong_address_and_a_wrong_password_get_the_same_answer(stage: Stage) -> None:
    wrong_password = _try(stage.user.email, "wrong")
    wrong_address = _try("nobody@kalends.test", PASSWORD)
    for status, page in (wrong_password, wrong_address):
        assert status == 403
        assert "This email and password do not fit together." in page


def test_after_five_failures_even_the_right_password_has_to_wait() -> None:
    user = new_user()
    for _ in range(attempts.FREE):
        assert _try(user.email, "wrong")[0] == 403
    status, page = _try(user.email, PASSWORD)
    assert status == 429
    assert "Wait 1 minute," in page
    assert _try(new_user().email, PASSWORD)[0] == 302


def test_a_machine_waits_after_twenty_failures_whatever_address_it_tries() -> None:
    def try_one(number: int) -> dt.timedelta | None:
        subjects = attempts.Subject("email", f"{number}@x.test"), attempts.Subject("machine", "203.0.113.77")
        with transaction.atomic(), connection.cursor() as cursor:
            return attempts.begin(cursor, NOON, *subjects)  # type: ignore[arg-type]

    waits = [try_one(number) for number in range(attempts.FREE_FOR_A_MACHINE + 1)]
    assert waits == [None] * 20 + [attempts.FIRST_WAIT]


def test_the_right_password_clears_earlier_failures() -> None:
    user = new_user()
    for _ in range(2):
        for _ in range(attempts.FREE - 1):
            _try(user.email, "wrong")
        assert _try(user.email, PASSWORD)[0] == 302


def test_a_form_from_elsewhere_is_refused(stage: Stage) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/sign-in", {"email": stage.user.email, "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_server(stage: Stage, elsewhere: str) -> None:
    response = Client().post("/sign-in", {"email": stage.user.email, "password": PASSWORD, "next": elsewhere})
    assert response["Location"] == "/"


def test_whoever_signs_out_is_out(client: Client, stage: Stage) -> None:
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get(stage.index).status_code == 302


def test_somebody_without_a_place_in_any_account_is_told_so() -> None:
    client = Client()
    user = new_user()
    client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    response = client.get("/")
    assert response.status_code == 403
    assert "You have no account yet" in response.content.decode()


class TestTheDemo:
    @pytest.fixture(autouse=True)
    def _door(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(VARIABLE, stage.user.email)

    def test_a_visitor_from_this_machine_is_signed_in_and_the_page_says_so(self, stage: Stage) -> None:
        page = Client().get("/", follow=True)
        assert page.redirect_chain[-1] == (stage.index, 302)
        assert f"you are signed in as {stage.user.name}" in page.content.decode()

    def test_a_visitor_from_elsewhere_is_not(self, stage: Stage) -> None:
        assert Client(REMOTE_ADDR="192.0.2.7").get(stage.index).status_code == 302

    def test_a_visitor_behind_a_proxy_is_not(self, stage: Stage) -> None:
        assert Client(HTTP_X_FORWARDED_FOR="127.0.0.1").get(stage.index).status_code == 302

    def test_a_user_who_was_made_inactive_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = new_user()
        User.objects.filter(id=gone.id).update(is_active=False)
        monkeypatch.setenv(VARIABLE, gone.email)
        assert Client().get("/").status_code == 302


def test_without_the_demo_nobody_is_signed_in_by_being_near(stage: Stage) -> None:
    assert Client().get(stage.index).status_code == 302


def test_pages_allow_no_script_or_style_but_this_servers_own(client: Client, stage: Stage) -> None:
    for page in (stage.index, stage.record("main"), "/sign-in"):
        response = client.get(page)
        assert "default-src 'self'" in response["Content-Security-Policy"].split("; ")
        text = response.content.decode()
        assert " style=" not in text
        assert "<style" not in text
        scripts = re.findall(r"<script[^>]*>[^<]*</script>", text)
        assert len(scripts) == text.count("<script")
        assert all(
            re.fullmatch(r'<script (type="module"|defer) src="/static/[^"]+"></script>', each)
            for each in scripts
        )


def test_language_and_theme_are_chosen_by_form_and_kept() -> None:
    client, user = Client(), new_user()
    client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    client.post("/preferences", {"language": "fi", "theme": "dark", "next": "/"})
    user.refresh_from_db()
    assert user.language == "fi"
    page = client.get("/sign-in").content.decode()
    assert '<html lang="fi" data-theme="dark">' in page
    client.post("/preferences", {"theme": ""})
    assert '<html lang="fi">' in client.get("/sign-in").content.decode()
    client.post("/preferences", {"language": "tlh"})
    user.refresh_from_db()
    assert user.language == "fi"


def test_before_signing_in_the_browsers_language_counts() -> None:
    assert "Logg inn" in Client(HTTP_ACCEPT_LANGUAGE="nb,en;q=0.5").get("/sign-in").content.decode()


def test_coming_in_going_out_and_failing_are_in_the_audit_log_of_the_users_account(stage: Stage) -> None:
    user = new_user("Henrik Aas")
    with database.connect(autocommit=True) as db:
        give_place(db, user, stage.ctx.id)
        client = Client(REMOTE_ADDR="203.0.113.9", headers={"user-agent": "Tester"})
        _try(user.email.upper(), "wrong", client)
        _try(user.email, PASSWORD, client)
        client.post("/sign-out")
        with db.cursor() as cursor:
            entries = read_audit(cursor, stage.ctx.id, Wanted(user_id=user.id), limit=10)
        assert [each.kind for each in entries] == ["user.signed_out", "user.signed_in", "user.sign_in_failed"]
        assert {(each.address, each.agent) for each in entries} == {("203.0.113.9", "Tester")}
        db.execute("DELETE FROM membership WHERE account_id = %s AND user_id = %s", [stage.ctx.id, user.id])
