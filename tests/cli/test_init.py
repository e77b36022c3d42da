"""An installation begins: an account and its administrator, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kalends.accounts.sql import enter_account
from kalends.platform import database
from kalends.platform.databases_for_tests import emptied_database
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give


@pytest.fixture
def empty(server: str) -> Iterator[str]:
    """A database with tables and nothing in them."""
    with emptied_database() as dsn:
        yield dsn


def test_it_makes_an_account_with_an_administrator_once(empty: str, give: Give) -> None:
    asked = ("--name", "Nordlys AS", "--currency", "NOK", "--owner-email", "Kari@Nordlys.example", "--json")
    first = give("init", *asked)
    second = give("init", *asked)

    made = first.json()
    assert (first.code, made["created"], made["mode"], made["currency"]) == (0, True, "sandbox", "NOK")
    assert len(made["password"]) >= 20
    assert (second.code, second.json()["created"], second.json()["account"]) == (0, False, made["account"])
    with database.connect() as db:
        enter_account(db, made["account"])
        members = db.execute(
            "SELECT u.email, m.role FROM app_user u JOIN membership m ON m.user_id = u.id WHERE m.account_id = %s",
            [made["account"]],
        ).fetchall()
        assert members == [("kari@nordlys.example", "admin")]


def test_without_a_name_any_account_is_enough(empty: str, give: Give) -> None:
    assert give("init", "--owner-email", "a@example.com").code == 0
    again = give("init", "--owner-email", "b@example.com")
    assert again.code == 0
    assert "Nothing was changed" in again.out


def test_the_made_up_password_signs_in(empty: str, give: Give) -> None:
    from django.contrib.auth.hashers import check_password

    made = give("init", "--owner-email", "kari@example.com", "--json").json()
    with database.connect() as db:
        stored = db.execute("SELECT password FROM app_user WHERE email = 'kari@example.com'").fetchone()
    assert stored is not None
    assert check_password(made["password"], stored[0])


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--currency", "EURO"), "EURO"),
        (("--currency", "eur"), "use 'EUR'"),
        (("--time-zone", "Europe/Olso"), "Europe/Olso"),
        (("--country", "XQ"), "XQ"),
        (("--owner-email", "kari"), "kari@example.com"),
        (("--live", "--clock", "2026-01-01"), "--sandbox"),
        (("--clock", "2026-02-30"), "2026-02-30"),
    ],
    ids=["no currency", "small letters", "no time zone", "no country", "no address", "live clock", "no date"],
)
def test_what_cannot_be_is_named_and_nothing_is_made(
    empty: str, give: Give, words: tuple[str, ...], named: str
) -> None:
    answer = give("init", "--owner-email", "kari@example.com", *words)
    assert answer.code == ExitCode.BAD_INPUT
    assert named in answer.err
    with database.connect() as db:
        assert db.execute(
            "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM app_user)"
        ).fetchone() == (0, 0)


def test_a_weak_password_is_refused_with_what_would_be_right(
    empty: str, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO("12345\n"))
    answer = give("init", "--owner-email", "kari@example.com", "--password-stdin")
    assert answer.code == ExitCode.BAD_INPUT
    assert "at least 10 characters" in answer.err


def test_nothing_can_be_billed_before_there_is_an_account(empty: str, give: Give) -> None:
    answer = give("bill")
    assert answer.code == ExitCode.BAD_INPUT
    assert "kalends init" in answer.err


def test_of_several_accounts_one_must_be_named(empty: str, give: Give) -> None:
    for name in ("Nordlys", "Revontuli"):
        assert give("init", "--name", name, "--owner-email", "kari@example.com").code == 0
    unnamed = give("clock", "show")
    assert unnamed.code == ExitCode.BAD_INPUT
    assert "(Nordlys)" in unnamed.err
    assert "(Revontuli)" in unnamed.err
    assert give("clock", "show", "--account", "revontuli", "--json").json()["name"] == "Revontuli"
    assert give("clock", "show", "--account", "Polaris").code == ExitCode.BAD_INPUT
