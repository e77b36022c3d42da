"""A page that breaks: buyers read words for buyers, and staff those for staff."""

from __future__ import annotations

import pytest
from django.test import Client

from kalends.api import door
from kalends.buyer.invoice import pages as invoice_pages
from kalends.staff.views import session
from tests.buyer.shop import Shop

INSIDE = "SELECT secret FROM vault"
"""What the error says, which is nobody's business."""


def breaks(*_: object, **__: object) -> None:
    raise RuntimeError(INSIDE)


def tells_nothing(text: str) -> bool:
    """Whether a page says what went wrong to nobody outside."""
    return not any(each in text for each in (INSIDE, "vault", "RuntimeError", "Traceback", ".py"))


@pytest.fixture
def browser() -> Client:
    """A browser that sees what people see when a page breaks."""
    return Client(raise_request_exception=False)


def test_a_buyer_reads_that_nothing_was_charged_twice(
    shop: Shop, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = shop.world.customer()
    page = shop.link("invoice", shop.bill(kari), kari)
    monkeypatch.setattr(invoice_pages, "invoice_of", breaks)
    answer = browser.get(page)
    text = shop.text(answer)
    assert answer.status_code == 500
    assert "Nothing was charged twice." in text
    assert "write to whoever you buy from" in text
    assert f'href="{page}"' in text
    assert tells_nothing(text)
    assert "tell the people who run this server" not in text
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("nb", "Ingenting er belastet to ganger."), ("fi", "Mitään ei ole veloitettu kahdesti.")],
)
def test_they_read_it_in_their_language(
    shop: Shop, browser: Client, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    kari = shop.world.customer()
    page = shop.link("invoice", shop.bill(kari), kari)
    monkeypatch.setattr(invoice_pages, "invoice_of", breaks)
    assert words in shop.text(browser.get(page, {"lang": language}))


def test_staff_read_the_page_for_staff(shop: Shop, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "signed_in_user", breaks)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "tell the people who run this server" in shop.text(answer)
    assert tells_nothing(shop.text(answer))


def test_a_program_reads_an_id_to_ask_for_and_nothing_else(
    shop: Shop, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_let_in", breaks)
    answer = browser.get("/crm/v3/objects/contacts")
    assert answer.status_code == 500
    assert answer.json()["category"] == "INTERNAL_ERROR"
    assert answer.json()["correlationId"]
    assert tells_nothing(answer.content.decode())
