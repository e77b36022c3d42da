"""Nobody sees an account that is not theirs, and no request leaves its account behind on the connection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import pytest
from django.db import connection
from django.db.utils import DatabaseError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, resolve

from kalends.accounts.context import AccountContext
from kalends.accounts.models import User
from kalends.accounts.permissions import ROLES
from kalends.staff.urls import urlpatterns
from kalends.staff.visit import account_page
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user


def _account_now() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('kalends.account_id', true)")
        return cursor.fetchone()[0] or ""


def _visible_subscriptions() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM subscription")
        return cursor.fetchone()[0]


@pytest.fixture
def pages(stage: Stage) -> list[str]:
    return [stage.index, stage.record("main"), f"/{stage.ctx.id}/invoices/INV-1001"]


def test_whoever_is_signed_out_is_asked_to_sign_in_and_comes_back(pages: list[str]) -> None:
    for page in pages:
        response = Client().get(page)
        assert response.status_code == 302
        assert response["Location"] == f"/sign-in?next={quote(page, safe='')}"


def test_an_account_without_a_place_in_it_is_not_found(pages: list[str], sign_in: SignIn) -> None:
    stranger = sign_in(new_user("Henrik Aas"))
    for page in pages:
        assert stranger.get(page).status_code == 404


def test_records_of_another_account_are_not_found_inside_ones_own(
    stage: Stage, db: object, account: AccountContext, sign_in: SignIn
) -> None:
    user = new_user("Henrik Aas")
    give_place(db, user, account.id)  # type: ignore[arg-type]
    client = sign_in(user)
    assert client.get(f"/{account.id}/subscriptions").status_code == 200
    assert client.get(f"/{account.id}/subscriptions/{stage.ids['main']}").status_code == 404
    assert client.get(f"/{account.id}/invoices/INV-1001").status_code == 404


def test_search_finds_nothing_of_another_account(
    stage: Stage, db: object, account: AccountContext, sign_in: SignIn
) -> None:
    user = new_user("Henrik Aas")
    give_place(db, user, account.id)  # type: ignore[arg-type]
    shown = sign_in(user).get(f"/{account.id}/subscriptions?q={stage.ids['main']}").content.decode()
    assert "Fleet Pro" not in shown
    assert "0</span>" in shown


def _addresses(patterns: Iterable[object], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _addresses(each.url_patterns, before + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield before + str(each.pattern), each


def test_every_address_of_an_account_is_behind_the_wall() -> None:
    inside = [(address, each) for address, each in _addresses(urlpatterns) if "account_id" in address]
    assert len(inside) >= 5
    for address, each in inside:
        assert getattr(each.callback, "is_account_page", False), address


def addresses_inside(account_id: int) -> Iterator[tuple[str, str]]:
    """A path of each address of an account, and the address's name; what else it names need not be there."""
    for address, each in _addresses(urlpatterns):
        if "account_id" in address:
            path = address.replace("<int:account_id>", str(account_id)).replace(
                "bulk/<str:what>", "bulk/delete"
            )
            yield (
                "/" + re.sub(r"<\w+:\w+>", "subscriptions", re.sub(r"<int:\w+>", "1", path)),
                each.name or "",
            )


def asked(path: str, method: str, user: User) -> HttpResponse:
    """What the view of an address answers to a browser that came in by the password, without all that is around it."""
    request = RequestFactory().generic(method, path)
    request.user, request.session = user, {}  # type: ignore[assignment]
    match = resolve(path)
    try:
        return match.func(request, **match.kwargs)
    except Http404:
        return HttpResponse(status=404)


def test_no_address_of_an_account_answers_a_stranger(stage: Stage) -> None:
    stranger = new_user("Henrik Aas")
    for path, _name in addresses_inside(stage.ctx.id):
        for method in ("GET", "POST"):
            assert asked(path, method, stranger).status_code in (404, 405), path


def test_every_action_needs_a_permission_that_exists() -> None:
    for address, each in _addresses(urlpatterns):
        needs = getattr(each.callback, "needs", None)
        if needs is not None:
            assert ROLES["admin"].allows(*needs), address


@pytest.fixture
def one_connection(stage: Stage) -> Iterator[int]:
    """Requests of Django's client usually close the connection; here it is kept, as in a server."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        yield cursor.fetchone()[0]
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def test_a_request_leaves_no_account_behind_on_the_pooled_connection(
    one_connection: int, client: Client, pages: list[str], stage: Stage
) -> None:
    for page in [*pages, f"/{stage.ctx.id}/subscriptions/1", f"/{stage.ctx.id}/invoices/none"]:
        client.get(page)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            assert cursor.fetchone()[0] == one_connection
        assert _account_now() == ""
        assert _visible_subscriptions() == 0


def test_a_page_that_breaks_leaves_no_account_behind_either(stage: Stage) -> None:
    @account_page
    def breaks(request: object, visit: object) -> HttpResponse:
        assert _visible_subscriptions() > 0
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks(_request(stage), account_id=stage.ctx.id)
    assert _account_now() == ""
    assert _visible_subscriptions() == 0


def test_reading_a_page_cannot_change_anything(stage: Stage) -> None:
    @account_page
    def writes(request: object, visit: object) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE subscription SET name = 'changed'")
        return HttpResponse()

    with pytest.raises(DatabaseError, match="read-only transaction"):
        writes(_request(stage), account_id=stage.ctx.id)


def _request(stage: Stage) -> object:
    request = RequestFactory().get("/")
    request.user = stage.user
    return request
