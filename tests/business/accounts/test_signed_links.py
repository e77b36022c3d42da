"""Links that let a customer in: signed, for one purpose and one record, for a time, and dead with a changed address."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import resolve

from kalends.accounts import signed_links
from kalends.accounts.signed_links import INVOICE, LASTS, METHOD, PORTAL, address, read, token

pytestmark = pytest.mark.usefixtures("server")  # whose home has the key

SRC = Path(__file__).resolve().parents[3] / "src" / "kalends"
MADE = datetime(2026, 3, 1, 9, tzinfo=UTC)
KARI = "kari@customers.test"


def made(purpose: str = INVOICE, **changes: object) -> str:
    given = {"account_id": 7, "record_id": 42, "made_at": MADE, "contact_id": 3, "email": KARI, **changes}
    return token(purpose, **given)  # type: ignore[arg-type]


def test_a_link_says_what_it_is_for_and_until_when() -> None:
    link = read(made(), INVOICE)
    assert link is not None
    assert (link.account_id, link.record_id, link.contact_id) == (7, 42, 3)
    assert link.expires_at == MADE + LASTS[INVOICE]


def test_a_letter_that_is_made_again_says_the_same() -> None:
    assert made() == made()


@pytest.mark.parametrize("purpose", [METHOD, PORTAL])
def test_a_link_of_one_purpose_is_none_of_another(purpose: str) -> None:
    assert read(made(INVOICE), purpose) is None


@pytest.mark.parametrize(
    "change", [lambda text: text + "x", lambda text: text[1:], lambda text: text[::-1], lambda _: ""]
)
def test_a_link_that_was_changed_is_not_ours(change: object) -> None:
    assert read(change(made()), INVOICE) is None  # type: ignore[operator]


def test_nothing_long_is_even_looked_at() -> None:
    assert read("x" * 100_000, INVOICE) is None


def test_it_holds_until_its_time_is_over() -> None:
    link = read(made(), INVOICE)
    assert link is not None
    assert link.holds(link.expires_at - timedelta(seconds=1), KARI)
    assert not link.holds(link.expires_at, KARI)


def test_it_dies_with_the_contacts_address_and_with_the_contact() -> None:
    link = read(made(), INVOICE)
    assert link is not None
    assert not link.holds(MADE, "other@customers.test")
    assert not link.holds(MADE, None)


def test_one_that_belongs_to_nobody_holds_for_everybody() -> None:
    link = read(made(contact_id=0, email=None), INVOICE)
    assert link is not None
    assert link.holds(MADE, None)
    assert link.holds(MADE, KARI)


@pytest.mark.parametrize("purpose", sorted(LASTS))
def test_the_pages_have_the_addresses_that_links_are_made_of(purpose: str) -> None:
    path = address(purpose, 7, 42, MADE).partition("://")[2].partition("/")[2]
    assert resolve(f"/{path}").func.__module__.startswith("kalends.buyer.")


def test_another_key_of_the_installation_makes_every_link_void(settings: object) -> None:
    text = made()
    settings.SECRET_KEY = "another key of fifty letters and more, for a while"  # type: ignore[attr-defined]
    assert signed_links.read(text, INVOICE) is None


def test_a_link_that_belongs_to_somebody_has_a_mark_of_128_bits() -> None:
    link = read(made(), INVOICE)
    assert link is not None
    assert re.fullmatch("[0-9a-f]{32}", link.mark)


def test_every_mark_that_is_worked_out_says_by_which_hash() -> None:
    """Django's own choice, where nothing is said, is SHA-1."""
    calls = [
        (path.relative_to(SRC).as_posix(), {each.arg: ast.unparse(each.value) for each in node.keywords})
        for path in SRC.rglob("*.py")
        if "salted_hmac" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "salted_hmac"
    ]
    assert len(calls) >= 7
    assert [place for place, given in calls if given.get("algorithm") != "'sha256'"] == []
