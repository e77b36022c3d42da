"""A page that breaks: buyers read words for buyers, and staff those for staff."""

from __future__ import annotations

import pytest
from django.test import Client

from kalends.buyer.invoice import pages as invoice_pages
from kalends.staff.views import session
from tests.buyer.shop import Shop


def breaks(*_: object, **__: object) -> None:
    raise RuntimeError("broken")


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
