"""What a hostile page, link, form, proxy or browser may try on ours."""

from __future__ import annotations

import ast
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoDbBlocker

from kalends.accounts.models import SignInAttempt
from kalends.accounts.session_store import kept_as
from kalends.accounts.sessions import LASTS
from kalends.platform import database, translations
from kalends.platform.addresses import read_networks
from kalends.platform.proxies import client_of, real_address
from kalends.staff.account import door, seen
from tests.staff.stage import PASSWORD, Stage, build, new_user

SRC = Path(__file__).resolve().parents[2] / "src"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def stage(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """A company to attack."""
    translations.compile_translations()
    with django_db_blocker.unblock(), database.connect(autocommit=True) as db:
        yield build(db, lambda: database.connect(autocommit=True))


@pytest.fixture(autouse=True)
def _pages(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        SignInAttempt.objects.all().delete()
        yield


@pytest.fixture
def browser(stage: Stage) -> Client:
    """A browser in which the company's owner has signed in, that looks at tokens as in real life."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(stage.user)
    return client


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route of the installation."""
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            yield route, each


ALL = dict(routes(get_resolver("kalends.platform.urls").url_patterns))


def path_of(stage: Stage, route: str) -> str:
    """An address of a route: of the company, and of things that need not be there."""
    values = {
        "<int:account_id>": str(stage.ctx.id),
        "int": "1",
        "uuid": "00000000-0000-4000-8000-000000000001",
        "str": "x",
        "slug": "x",
        "path": "x",
    }
    path = route.replace("<int:account_id>", values["<int:account_id>"])
    while "<" in path:
        head, _, rest = path.partition("<")
        kind, _, tail = rest.partition(">")
        path = head + values.get(kind.partition(":")[0], "x") + tail
    return f"/{path}"


def refused_for_its_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Stands in for the page that says so, for speed."""
    return HttpResponse("no token", status=403)


def test_every_route_refuses_a_form_that_came_from_elsewhere(
    browser: Client, stage: Stage, settings: Any
) -> None:
    """The cookie alone changes nothing: what changes anything needs a token that only our pages have."""
    settings.CSRF_FAILURE_VIEW = f"{__name__}.refused_for_its_token"
    taken = {route for route in ALL if browser.post(path_of(stage, route)).content.decode() != "no token"}

    # A mail program posts here by itself (RFC 8058); the signed link is what proves that it may.
    assert taken == {"unsubscribe/<str:token>"}
    assert len(ALL) > 150


@pytest.mark.parametrize("method", UNSAFE)
def test_no_other_way_of_asking_does_without_the_token(browser: Client, stage: Stage, method: str) -> None:
    assert browser.generic(method, f"/{stage.ctx.id}/you/password").status_code in (403, 405)


def test_what_needs_no_token_is_one_route() -> None:
    exempt = {route for route, each in ALL.items() if getattr(each.callback, "csrf_exempt", False)}

    assert exempt == {"unsubscribe/<str:token>"}


def test_the_search_for_routes_without_a_token_finds_one() -> None:
    """A form with the right token comes through: the refusals above are of the token, and of nothing else."""
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in")
    token = client.cookies["kalends_csrf"].value

    refused = client.post("/sign-in", {"email": "x@y.test", "password": "x"})
    looked_at = client.post("/sign-in", {"email": "x@y.test", "password": "x", "csrfmiddlewaretoken": token})
    assert refused.status_code == 403
    assert 'name="password"' not in refused.content.decode()
    assert 'name="password"' in looked_at.content.decode()


PAGES = (
    "/sign-in",
    "/{}/subscriptions",
    "/{}/invoices",
    "/nowhere",
    "/invoice/x",
    "/portal/{}",
    "/crm/v3/objects/contacts",
    "/openapi.json",
    "/reference",
    "/static/staff/app.css",
    "/health",
    "/metrics",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_says_what_a_browser_may_do_with_it(browser: Client, stage: Stage, path: str) -> None:
    answer = browser.get(path.format(stage.ctx.id))
    policy = answer["Content-Security-Policy"]
    b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    answer.close()

    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "object-src 'none'" in policy or "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "charset" in answer["Content-Type"].lower() or "json" in answer["Content-Type"]
    is_public = path in ("/openapi.json", "/reference") or path.startswith("/static/")
    assert ("no-store" in answer["Cache-Control"]) is not is_public


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https:evil.test",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://testserver@evil.test/",
        "\thttps://evil.test",
        "/%0d%0aLocation: https://evil.test",
    ],
)
def test_nobody_is_led_out_of_the_house_by_an_address(stage: Stage, target: str) -> None:
    client = Client()
    came_in = client.post("/sign-in", {"email": stage.user.email, "password": PASSWORD, "next": target})
    chose = client.post("/preferences", {"language": "nb", "next": target})
    swapped = Client().get(
        f"/{stage.ctx.id}/subscriptions", headers={"HX-Request": "true", "HX-Current-URL": target}
    )

    for answer in (came_in, chose):
        assert answer.status_code == 302
        where = answer["Location"]
        assert where == "/" or (where.startswith("/%") and "\n" not in where), where
    assert swapped["HX-Redirect"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    "path", ["/sign-in", "/{}/subscriptions", "/crm/v3/objects/contacts", "/openapi.json"]
)
def test_nobody_is_told_what_was_sent(browser: Client, stage: Stage, path: str) -> None:
    answer = browser.generic("TRACE", path.format(stage.ctx.id))

    assert answer.status_code in (401, 405)
    assert "kalends_session" not in answer.content.decode()


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test", "testserver:80@evil.test", "evil.test#localhost"]
)
def test_a_host_that_is_not_ours_gets_no_page(host: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

    assert Client().get("/sign-in", headers={"Host": host}).status_code == 400


def test_coming_in_changes_the_session_and_going_out_ends_it(stage: Stage) -> None:
    """A key that somebody planted before is of no use afterwards, nor one that was copied meanwhile."""
    user = new_user("Fix Ation")
    client = Client()
    client.get("/sign-in")
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    client.cookies["kalends_session"] = planted
    client.post("/sign-in", {"email": user.email, "password": PASSWORD, "next": "/"})
    inside = client.cookies["kalends_session"].value
    copied = Client()
    copied.cookies["kalends_session"] = inside

    assert inside != planted
    assert "sign-in" not in copied.get("/").get("Location", "")
    gone = client.post("/sign-out")
    assert gone["Clear-Site-Data"] == '"cache", "storage"'
    assert copied.get(f"/{stage.ctx.id}/subscriptions")["Location"].startswith("/sign-in")


def test_a_session_that_somebody_made_up_is_not_taken_over(stage: Stage) -> None:
    client = Client()
    client.cookies["kalends_session"] = "a" * 32
    client.post("/sign-in", {"email": stage.user.email, "password": PASSWORD, "next": "/"})

    assert client.cookies["kalends_session"].value != "a" * 32


def test_a_session_that_is_not_used_ends_after_two_weeks(stage: Stage) -> None:
    client = Client()
    client.post("/sign-in", {"email": stage.user.email, "password": PASSWORD, "next": "/"})
    cookie = client.cookies["kalends_session"]
    kept = Session.objects.get(session_key=kept_as(cookie.value))
    assert int(cookie["max-age"]) == 14 * 24 * 3600

    kept.expire_date -= dt.timedelta(days=14, seconds=1)
    kept.save()
    assert client.get(f"/{stage.ctx.id}/subscriptions")["Location"].startswith("/sign-in")


def test_the_longest_session_ends_after_thirty_days_of_use(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = dt.datetime(2026, 6, 15, 9, 30, tzinfo=dt.UTC)
    monkeypatch.setattr(door, "system_now", lambda: now)
    client = Client()
    client.post("/sign-in", {"email": stage.user.email, "password": PASSWORD, "next": "/"})
    page = f"/{stage.ctx.id}/subscriptions"

    monkeypatch.setattr(seen, "system_now", lambda: now + LASTS - dt.timedelta(hours=1))
    assert client.get(page).status_code == 200
    monkeypatch.setattr(seen, "system_now", lambda: now + LASTS + dt.timedelta(hours=1))
    assert client.get(page).status_code == 302
    monkeypatch.undo()
    assert client.get(page).status_code == 302


@pytest.mark.parametrize(
    "weak", ["short", "1234567890", "password123", "kalends2026", "Kalends-123", "qwertyuiop", "mary.poppins"]
)
def test_a_weak_password_is_refused(weak: str) -> None:
    user = new_user("Mary Poppins")
    user.email = "mary.poppins@kalends.test"
    with pytest.raises(ValidationError):
        validate_password(weak, user)


@pytest.mark.parametrize(
    "good", ["correct horse battery", "kalends makes nice invoices", "x" * 9 + "œ" * 60, "   spaces count   "]
)
def test_a_password_may_have_any_signs_and_be_long(good: str) -> None:
    validate_password(good, new_user("Somebody Else"))


def test_behind_https_every_cookie_is_of_this_host_and_goes_by_tls_alone(tmp_path: Path) -> None:
    script = (
        "from kalends.platform import settings as s\n"
        "from kalends.platform.boot import _set_up_django\n"
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'kalends.platform.settings'; _set_up_django()\n"
        "from kalends.buyer.portal.session import COOKIE as portal\n"
        "from kalends.buyer.checkout.pages import COOKIE as checkout\n"
        "from kalends.staff.shell import THEME_COOKIE as theme\n"
        "from kalends.buyer.languages import CHOSEN_COOKIE as chosen\n"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME, portal, checkout, theme, chosen)\n"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY)"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(SRC),
        "KALENDS_HOME": str(tmp_path),
        "KALENDS_PUBLIC_URL": "https://billing.example",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    names, flags = done.stdout.splitlines()

    assert [name for name in names.split() if not name.startswith("__Host-")] == []
    assert flags == "True True True True"


def test_every_cookie_that_is_set_under_https_is_secure(stage: Stage, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    client = Client()
    client.get("/sign-in", secure=True)
    client.post("/preferences", {"language": "nb", "theme": "dark", "next": "/"}, secure=True)

    assert len(client.cookies) >= 3
    assert [name for name, cookie in client.cookies.items() if not cookie["secure"]] == []
    assert [name for name, cookie in client.cookies.items() if cookie["samesite"] != "Lax"] == []
    assert [name for name, cookie in client.cookies.items() if not cookie["httponly"]] == []


def test_wherever_a_cookie_is_made_it_is_kept_from_scripts_and_from_other_sites() -> None:
    """Also those that only a checkout or a portal makes: each call that makes one says so, and keeps to this host."""
    calls = [
        (path.relative_to(SRC).as_posix(), {each.arg: ast.unparse(each.value) for each in node.keywords})
        for path in (SRC / "kalends").rglob("*.py")
        if "set_" in (text := path.read_text("utf-8")) and "cookie" in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("set_cookie", "set_signed_cookie")
    ]

    assert len(calls) >= 7
    wanted = {"httponly": "True", "samesite": "'Lax'"}
    assert [place for place, given in calls if not wanted.items() <= given.items()] == []
    assert [place for place, given in calls if {"path", "domain"} & given.keys()] == [], (
        "else __Host- is refused"
    )


@pytest.mark.parametrize("path", PAGES)
def test_other_origins_read_only_what_is_meant_for_all(browser: Client, stage: Stage, path: str) -> None:
    answer = browser.get(path.format(stage.ctx.id), headers={"Origin": "https://evil.test"})
    b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    answer.close()

    assert answer.headers.get("Access-Control-Allow-Origin") == ("*" if path.startswith("/static/") else None)
    assert "Access-Control-Allow-Credentials" not in answer.headers


def _seen_by(proxies: str, settings: Any) -> Callable[[str, str], str]:
    settings.PROXIES = read_networks(proxies, "KALENDS_PROXIES")
    told: list[str] = []

    def page(request: HttpRequest) -> HttpResponse:
        told.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    ask = real_address(page)

    def seen_as(address: str, forwarded: str) -> str:
        ask(RequestFactory().get("/", REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=forwarded))
        return told.pop()

    return seen_as


def test_a_machine_cannot_say_that_it_is_another(settings: Any) -> None:
    without, behind = _seen_by("", settings), _seen_by("10.0.0.0/8", settings)

    assert without("203.0.113.9", "198.51.100.1") == "203.0.113.9"
    assert behind("203.0.113.9", "198.51.100.1") == "203.0.113.9"
    assert behind("10.0.0.1", "198.51.100.1, 203.0.113.9") == "203.0.113.9"
    assert behind("10.0.0.1", "203.0.113.9, 10.0.0.2") == "203.0.113.9"
    assert behind("10.0.0.1", "") == "10.0.0.1"
    assert (
        client_of("10.0.0.1", "10.0.0.9, 10.0.0.8", read_networks("10.0.0.0/8", "KALENDS_PROXIES"))
        == "10.0.0.1"
    )
