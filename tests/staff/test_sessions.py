"""One's own pages: profile, password, sessions, and the links of letters."""

from __future__ import annotations

import datetime as dt
import email
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from kalends.accounts import links
from kalends.accounts.models import User, UserSession
from kalends.accounts.people import NO_PASSWORD
from kalends.accounts.session_store import kept_as
from kalends.messages import personal
from kalends.platform import database
from kalends.staff.account.links import invitation_letter
from tests.staff.stage import PASSWORD, Stage, give_place, new_user

ANOTHER = "a rather different horse"


@pytest.fixture
def user(stage: Stage) -> User:
    user = new_user("Henrik Aas")
    with database.connect(autocommit=True) as db:
        give_place(db, user, stage.ctx.id)
    return user


def browser(user: User, agent: str = "Mozilla/5.0 (X11; Linux) Firefox/140.0") -> Client:
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR="203.0.113.7")
    assert client.post("/sign-in", {"email": user.email, "password": PASSWORD}).status_code == 302
    return client


def test_sessions_are_listed_with_browser_and_address_and_ended_one_by_one(user: User, stage: Stage) -> None:
    here, there = browser(user), browser(user, "Mozilla/5.0 (iPhone; Mac OS X) Safari/605")
    page = here.get(f"/{stage.ctx.id}/you/sign-in").content.decode()
    assert "Firefox, Linux" in page
    assert "Safari, iPhone" in page
    assert page.count("203.0.113.7") == 2
    key = there.cookies[settings.SESSION_COOKIE_NAME].value
    number = UserSession.objects.get(session_key=kept_as(key)).id
    assert here.post(f"/{stage.ctx.id}/you/sessions/{number}/end").status_code == 303
    assert there.get(stage.index).status_code == 302
    assert here.get(stage.index).status_code == 200


def test_nobody_ends_the_session_of_somebody_else(user: User, stage: Stage) -> None:
    theirs = browser(stage.user)
    number = UserSession.objects.get(
        session_key=kept_as(theirs.cookies[settings.SESSION_COOKIE_NAME].value)
    ).id
    assert browser(user).post(f"/{stage.ctx.id}/you/sessions/{number}/end").status_code == 404
    assert theirs.get(stage.index).status_code == 200


def test_everywhere_else_is_one_button(user: User, stage: Stage) -> None:
    here, *others = (browser(user) for _ in range(3))
    here.post(f"/{stage.ctx.id}/you/sessions/end-others")
    assert [each.get(stage.index).status_code for each in (here, *others)] == [200, 302, 302]


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(user: User, stage: Stage) -> None:
    here, there = browser(user), browser(user)
    fields = {"change-password": PASSWORD, "change-new": ANOTHER}
    assert here.post(f"/{stage.ctx.id}/you/password", fields).status_code == 303
    assert here.get(stage.index).status_code == 200
    assert there.get(stage.index).status_code == 302
    user.refresh_from_db()
    assert user.check_password(ANOTHER)


def test_a_password_is_taken_exactly_as_it_was_typed(user: User, stage: Stage) -> None:
    typed = " Blå Båt & <b> \\ 'quote' ; " + "Ω" * 60 + "z "
    fields = {"change-password": PASSWORD, "change-new": typed}
    assert browser(user).post(f"/{stage.ctx.id}/you/password", fields).status_code == 303

    def comes_in(password: str) -> bool:
        return Client().post("/sign-in", {"email": user.email, "password": password}).status_code == 302

    for other in (typed.strip(), typed.lower(), typed[:-2]):
        assert not comes_in(other)
    assert comes_in(typed)


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def with_key(key: str) -> Client:
    """A browser into which somebody has put the key of another one's session."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def test_proving_who_one_is_gives_the_session_a_new_key(user: User, stage: Stage) -> None:
    """Whoever copied the key of before has not proved anything, and is out."""
    here = browser(user)
    for prove in (
        lambda: here.post("/sign-in", {"email": user.email, "password": PASSWORD}),
        lambda: here.post(f"/{stage.ctx.id}/you/app", {"app-password": PASSWORD}),
    ):
        before = key_of(here)
        prove()
        assert key_of(here) != before
        assert with_key(before).get(stage.index).status_code == 302
        page = here.get(f"/{stage.ctx.id}/you/sign-in")
        assert page.status_code == 200
        assert page.content.decode().count("203.0.113.7") == 1
    before = key_of(here)
    here.post(f"/{stage.ctx.id}/you/app", {"app-password": "wrong"})
    assert key_of(here) == before


def test_a_user_who_was_made_inactive_is_out_at_once(user: User, stage: Stage) -> None:
    here = browser(user)
    assert here.get(stage.index).status_code == 200
    User.objects.filter(id=user.id).update(is_active=False)
    assert here.get(stage.index)["Location"].startswith("/sign-in")
    assert here.post(f"/{stage.ctx.id}/you", {"name": "X", "language": "en"}).status_code == 302
    again = Client().post("/sign-in", {"email": user.email, "password": PASSWORD})
    assert again.status_code == 403


def test_what_is_typed_as_a_password_is_hidden_and_password_managers_know_the_field(
    user: User, stage: Stage
) -> None:
    pages = [
        Client().get("/sign-in"),
        browser(user).get(f"/{stage.ctx.id}/you/sign-in"),
        Client().get(f"/new-password/{links.password_token(user, links.FORGOTTEN)}"),
    ]
    for page in pages:
        fields = re.findall(r"<input[^>]*>", page.content.decode())
        secret = [each for each in fields if re.search(r'name="[^"]*(password|new)"', each)]
        assert secret
        for each in secret:
            assert 'type="password"' in each
            assert re.search(r'autocomplete="(current|new)-password"', each)
            assert "readonly" not in each


@pytest.mark.parametrize(
    ("present", "new", "words"),
    [
        ("wrong", ANOTHER, "This is not your password."),
        (PASSWORD, "short", "Give at least 10 characters."),
        (PASSWORD, "password1234", "Many people use this password"),
        (PASSWORD, "henrik aas 1", "too much like your name"),
    ],
)
def test_a_password_that_will_not_do_is_refused_in_words(
    user: User, stage: Stage, present: str, new: str, words: str
) -> None:
    answer = browser(user).post(
        f"/{stage.ctx.id}/you/password", {"change-password": present, "change-new": new}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_the_profile_is_changed_with_what_one_is_told_of(user: User, stage: Stage) -> None:
    client = browser(user)
    fields = {"name": "Henrik Ås", "language": "nb", "theme": "dark", "disputes": "on"}
    answer = client.post(f"/{stage.ctx.id}/you", fields, follow=True)
    page = answer.content.decode()
    assert '<html lang="nb" data-theme="dark">' in page
    assert 'data-single-keys="off"' in page
    user.refresh_from_db()
    assert (user.name, user.language, user.single_keys) == ("Henrik Ås", "nb", False)
    with database.connect(autocommit=True) as db:
        row = db.execute("SELECT set_config('kalends.account_id', %s, false)", [str(stage.ctx.id)]).fetchone()
        assert row
        told = db.execute(
            "SELECT told_of_disputes, told_of_payments_failed FROM membership WHERE account_id = %s AND user_id = %s",
            [stage.ctx.id, user.id],
        ).fetchone()
    assert told == (True, False)


def test_who_has_no_place_in_the_account_changes_nothing_there(user: User, stage: Stage) -> None:
    stranger = browser(new_user())
    assert stranger.post(f"/{stage.ctx.id}/you", {"name": "X", "language": "en"}).status_code == 404
    assert stranger.get(f"/{stage.ctx.id}/you").status_code == 404


class Letters(list[Any]):
    """Letters that would be sent; each is waited for."""


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Letters:
    sent = Letters()
    monkeypatch.setattr(personal, "send_beside", sent.append)
    return sent


def link_in(letter: personal.Envelope) -> str:
    text = letter.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    return re.search(r"https?://[^/]+(/\S+)", text).group(1)  # type: ignore[union-attr]


def test_the_letter_for_a_forgotten_password_works_once(user: User, stage: Stage, letters: Letters) -> None:
    there = browser(user)
    page = Client().post("/forgotten", {"email": user.email.upper()}).content.decode()
    link = link_in(letters[0])
    client = Client()
    assert client.get(link).status_code == 200
    assert client.post(link, {"new": "short"}).status_code == 422
    assert client.post(link, {"new": ANOTHER})["Location"].startswith("/sign-in")
    assert client.post(link, {"new": PASSWORD}).status_code == 410
    assert there.get(stage.index).status_code == 302
    user.refresh_from_db()
    assert user.check_password(ANOTHER)
    assert "a letter with a link is on its way" in page


def test_an_unknown_address_gets_the_same_answer_and_no_letter(letters: Letters) -> None:
    known, unknown = (
        re.sub(r'value="[^"]{20,}"', "", Client().post("/forgotten", {"email": each}).content.decode())
        for each in (new_user().email, "nobody@kalends.test")
    )
    assert known == unknown
    assert [letter is None for letter in letters] == [False, True]


def test_an_address_gets_only_a_few_letters(letters: Letters) -> None:
    address = new_user().email
    for _ in range(8):
        assert Client().post("/forgotten", {"email": address}).status_code == 200
    assert sum(letter is not None for letter in letters) == 5


def test_a_link_is_for_one_purpose_and_ends_with_its_time(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = links.password_token(user, links.FORGOTTEN)
    assert links.user_of_token(token, links.FORGOTTEN) == user
    assert links.user_of_token(token, links.INVITED) is None
    assert links.user_of_token(token + "x", links.FORGOTTEN) is None
    monkeypatch.setitem(links.LASTS, links.FORGOTTEN, dt.timedelta(seconds=-1))
    assert links.user_of_token(token, links.FORGOTTEN) is None


def test_who_was_invited_says_their_name_sets_a_password_and_is_in(user: User, stage: Stage) -> None:
    User.objects.filter(id=user.id).update(password=NO_PASSWORD, name=user.email)
    user.refresh_from_db()
    letter = invitation_letter(user, "Skarv Software AS", "Maja Lindqvist")
    assert letter is not None
    assert letter.message["Subject"] == "Maja Lindqvist invites you to Skarv Software AS on Kalends"
    link, client = link_in(letter), Client()
    assert client.get(link).status_code == 200
    assert client.post(link, {"name": "Henrik Aas", "new": ANOTHER})["Location"] == "/"
    assert client.get(stage.index).status_code == 200
    assert Client().get(link).status_code == 410


def test_without_a_mail_server_such_a_letter_is_a_file(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_FILE_PATH", str(tmp_path))
    personal.send_beside(invitation_letter(user, "Skarv Software AS", "Maja Lindqvist")).join(20)
    (file,) = tmp_path.glob("*.eml")
    assert email.message_from_bytes(file.read_bytes())["To"] == user.email
