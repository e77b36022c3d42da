"""What the server answers whoever asks, before any page is reached: by TLS, to whom, and which files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoDbBlocker

from kalends.platform.addresses import read_networks
from kalends.platform.proxies import real_address
from kalends.platform.translations import compile_translations
from tests.staff.stage import new_user

CONTACTS = "/crm/v3/objects/contacts"


@pytest.fixture(autouse=True)
def _pages(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    compile_translations()
    with django_db_blocker.unblock():
        yield


@pytest.mark.parametrize(
    "path", ["/sign-in", "/nowhere", CONTACTS, "/openapi.json", "/static/staff/app.css", "/health"]
)
def test_every_answer_by_tls_says_that_there_is_no_other_way(path: str, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    browser = Client()
    plain, safe = browser.get(path), browser.get(path, secure=True)
    for each in (plain, safe):
        each.close()

    assert safe["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "Strict-Transport-Security" not in plain


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/staff/",
        "/static/staff/js/",
        "/.git/config",
        "/static/.git/config",
        "/static/../settings.py",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/static/staff/../../../../platform/settings.py",
        "/files/",
        "/keys/signing-key",
        "/pyproject.toml",
        "/static/staff/app.css~",
    ],
)
def test_no_folder_is_listed_and_no_file_is_served_but_those_of_the_pages(path: str) -> None:
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_browser_that_signed_in_is_nobody_to_the_api(method: str) -> None:
    """So no page of others can ask it in somebody's name, with or without a preflight."""
    browser = Client()
    browser.force_login(new_user())
    answer = browser.generic(
        method,
        CONTACTS,
        b'{"properties": {"firstname": "Eve"}}',
        content_type="text/plain",
        headers={"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"},
    )

    assert answer.status_code == 401
    assert [name for name in answer.headers if name.startswith("Access-Control-")] == []


@pytest.mark.parametrize(("proxies", "address", "is_safe"), [
    ("", "203.0.113.9", True), ("10.0.0.0/8", "10.0.0.1", True), ("10.0.0.0/8", "203.0.113.9", False),
    ("10.0.0.0/8", "", False),
])  # fmt: skip
def test_that_it_came_by_tls_is_believed_of_our_proxies_where_they_are_known(
    proxies: str, address: str, is_safe: bool, settings: Any
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.PROXIES = read_networks(proxies, "KALENDS_PROXIES")
    told: list[bool] = []

    def page(request: HttpRequest) -> HttpResponse:
        told.append(request.is_secure())
        return HttpResponse()

    forwarded = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}
    real_address(page)(RequestFactory().get("/", REMOTE_ADDR=address, **forwarded))

    assert told == [is_safe]
