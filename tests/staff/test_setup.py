"""The first start of an installation: guarded by a code, done once, and nothing half."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from kalends.accounts.models import Account, User
from kalends.platform.home import open_home
from kalends.staff.account import setup, sign_in
from kalends.staff.views import session

FIELDS = {
    "company": "Nordlys AS",
    "country": "NO",
    "currency": "NOK",
    "time_zone": "Europe/Oslo",
    "language": "nb",
    "name": "Kari Nordmann",
    "email": "Kari@Nordlys.example",
    "password": "seventeen green boats",
    "sandbox": "on",
}


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own, and no user of whom the pages know; other tests' users are there all the same."""
    monkeypatch.setenv("KALENDS_HOME", str(tmp_path / "home"))
    for module in (setup, sign_in, session):
        monkeypatch.setattr(
            module, "is_fresh", lambda: not User.objects.filter(email=FIELDS["email"].lower())
        )
    User.objects.filter(email=FIELDS["email"].lower()).delete()


def post(client: Client | None = None, **changed: object) -> object:
    code = open_home().setup_code()
    return (client or Client(REMOTE_ADDR="203.0.113.50")).post("/setup", {**FIELDS, "code": code, **changed})


def test_whoever_has_a_user_is_not_fresh() -> None:
    User.objects.get_or_create(email="somebody.else@example.com")
    with transaction.atomic():
        assert not setup.User.objects.none().exists()
        User.objects.all().delete()
        assert not User.objects.exists()
        transaction.set_rollback(True)
    assert User.objects.exists()


def test_every_way_leads_to_the_setup() -> None:
    assert Client().get("/")["Location"] == "/setup"
    assert Client().get("/sign-in")["Location"] == "/setup"
    page = Client().get("/setup").content.decode()
    assert "payments are only simulated" in page


def test_it_makes_a_live_account_a_sandbox_and_an_administrator_who_is_signed_in() -> None:
    client = Client(REMOTE_ADDR="203.0.113.50")
    answer = post(client, code=open_home().setup_code().upper().replace("-", " "))
    assert answer.status_code == 303  # type: ignore[attr-defined]
    account_id = int(answer["Location"].strip("/"))  # type: ignore[index]
    live = Account.objects.get(id=account_id)
    assert (live.name, live.mode, live.currency, live.country) == ("Nordlys AS", "live", "NOK", "NO")
    assert Account.objects.filter(name="Nordlys AS", mode="sandbox").count() >= 1
    assert User.objects.get(email="kari@nordlys.example").check_password(FIELDS["password"])
    page = client.get(answer["Location"], follow=True)  # type: ignore[index]
    assert page.status_code == 200
    assert '<html lang="nb"' in page.content.decode()
    assert not (open_home().keys / "setup-code").exists()


def test_it_is_done_once() -> None:
    post()
    count = Account.objects.count()
    assert post()["Location"] == "/sign-in"  # type: ignore[index]
    assert Account.objects.count() == count


def test_without_the_code_nothing_is_made_and_guesses_are_slow() -> None:
    count = Account.objects.count()
    for _ in range(5):
        answer = post(code="aaaa-bbbb-cccc")
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert "This is not the code." in answer.content.decode()  # type: ignore[attr-defined]
    late = post()
    assert "Too many attempts" in late.content.decode()  # type: ignore[attr-defined]
    assert Account.objects.count() == count


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("password", "short", "Give at least 10 characters."),
        ("email", "kari", "Enter a valid email address."),
        ("currency", "XYZ", "XYZ"),
        ("time_zone", "Europe/Nowhere", "Nowhere"),
        ("company", "", "This field is required."),
    ],
)
def test_a_wrong_value_is_named_and_what_was_typed_stays(field: str, value: str, words: str) -> None:
    answer = post(**{field: value})
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert words in page
    assert "Kari Nordmann" in page


def test_a_logo_that_is_none_is_refused_and_leaves_nothing_behind() -> None:
    count = Account.objects.count()
    answer = post(logo=SimpleUploadedFile("logo.png", b"no picture"))
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert Account.objects.count() == count
    assert not User.objects.filter(email="kari@nordlys.example").exists()


def test_the_code_is_made_once_and_is_nobody_elses_to_read() -> None:
    home = open_home()
    code = home.setup_code()
    assert code == open_home().setup_code()
    assert (home.keys / "setup-code").stat().st_mode & 0o077 == 0
