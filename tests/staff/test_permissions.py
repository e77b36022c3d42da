"""What each role sees and may do: what may not be seen is not found, what may not be done is forbidden in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from kalends.accounts.models import User
from kalends.accounts.permissions import ROLES, Grants, Rights
from kalends.accounts.sql import enter_account
from kalends.platform import database
from kalends.query import Scope
from kalends.staff.forbidden import ABILITY_WORDS, Forbidden
from kalends.staff.visit import Visit, account_page
from tests.staff.conftest import SignIn
from tests.staff.stage import AnyConnection, Stage, new_user

INVOICE = "INV-1001"
"""Of a subscription of the stage's owner."""


@pytest.fixture
def owned_by(stage: Stage) -> Iterator[Callable[[User | None, int], None]]:
    """Gives a subscription to somebody for the length of a test."""
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)

        def give(user: User | None, subscription: int) -> None:
            db.execute(
                "UPDATE subscription SET owner_id = %s WHERE account_id = %s AND id = %s",
                [user.id if user else None, stage.ctx.id, subscription],
            )

        yield give
        give(stage.user, stage.ids["main"])


@pytest.fixture
def employ(stage: Stage) -> Iterator[Callable[..., User]]:
    """A user of the stage's account with one of the roles, or with grants of their own; gone after the test."""
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        hired: list[int] = []

        def hire(role: str | Grants) -> User:
            user = new_user("Henrik Aas")
            hired.append(user.id)
            db.execute(
                "INSERT INTO membership (account_id, user_id, role, role_id) VALUES (%s, %s, %s, %s)",
                [stage.ctx.id, user.id, role if isinstance(role, str) else "member", _own(db, stage, role)],
            )
            return user

        yield hire
        db.execute(
            "DELETE FROM membership WHERE account_id = %s AND user_id = ANY(%s)", [stage.ctx.id, hired]
        )


def _own(db: AnyConnection, stage: Stage, role: str | Grants) -> int | None:
    if isinstance(role, str):
        return None
    from psycopg.types.json import Jsonb

    row = db.execute(
        "INSERT INTO role (account_id, name, grants, created_at, updated_at) "
        "VALUES (%s, nextval('record_id')::text, %s, %s, %s) RETURNING id",
        [stage.ctx.id, Jsonb(role.stored()), stage.ctx.now, stage.ctx.now],
    ).fetchone()
    assert row is not None
    return int(row[0])


Employ = Callable[..., User]
OwnedBy = Callable[[User | None, int], None]


@pytest.mark.parametrize("role", ["admin", "member", "finance", "reader"])
def test_these_roles_see_every_subscription_and_invoice(
    stage: Stage, employ: Employ, sign_in: SignIn, role: str
) -> None:
    client = sign_in(employ(role))
    assert "Fleet Pro" in client.get(stage.index + "?q=Fleet Pro").content.decode()
    assert client.get(stage.record("main")).status_code == 200
    assert client.get(f"/{stage.ctx.id}/invoices/{INVOICE}").status_code == 200


def test_sales_sees_its_own_and_reaches_nothing_else_by_any_way(
    stage: Stage, employ: Employ, owned_by: OwnedBy, sign_in: SignIn
) -> None:
    user = employ("sales")
    owned_by(user, stage.ids["main"])
    client = sign_in(user)

    assert client.get(stage.record("main")).status_code == 200
    assert client.get(stage.record("debit")).status_code == 404
    listed = client.get(stage.index).content.decode()
    assert "Fleet Pro, 46 vehicles" in listed
    assert "Fleet Core, 18 vans" not in listed
    for asked in ("?q=Fleet Core", f"?q={stage.ids['debit']}", "?status=active&q=vans"):
        assert "Fleet Core, 18" not in client.get(stage.index + asked).content.decode()


def test_a_record_is_no_longer_reached_once_it_is_somebody_elses(
    stage: Stage, employ: Employ, owned_by: OwnedBy, sign_in: SignIn
) -> None:
    user = employ("sales")
    client = sign_in(user)
    for owner, status in ((stage.user, 404), (user, 200), (None, 200), (stage.user, 404)):
        owned_by(owner, stage.ids["main"])
        assert client.get(stage.record("main")).status_code == status


def test_an_invoice_is_seen_by_the_owner_of_its_subscription(
    stage: Stage, employ: Employ, owned_by: OwnedBy, sign_in: SignIn
) -> None:
    user = employ("sales")
    client = sign_in(user)
    page = f"/{stage.ctx.id}/invoices/{_first_invoice(stage)}"
    assert client.get(page).status_code == 404
    owned_by(user, stage.ids["main"])
    assert client.get(page).status_code == 200


def _first_invoice(stage: Stage) -> str:
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        row = db.execute(
            "SELECT number FROM invoice WHERE account_id = %s AND subscription_id = %s ORDER BY id LIMIT 1",
            [stage.ctx.id, stage.ids["main"]],
        ).fetchone()
    assert row is not None
    return str(row[0])


def test_a_subscriptions_page_hides_money_that_may_not_be_seen(
    stage: Stage, employ: Employ, sign_in: SignIn
) -> None:
    number = _first_invoice(stage)
    grants = Grants({"subscription": Rights(Scope.ALL)})
    assert number in sign_in(employ("reader")).get(stage.record("main")).content.decode()
    assert f"/invoices/{number}" not in sign_in(employ(grants)).get(stage.record("main")).content.decode()


def test_the_navigation_leads_only_to_what_may_be_seen(stage: Stage, employ: Employ, sign_in: SignIn) -> None:
    everything = sign_in(employ("reader")).get(stage.index).content.decode()
    little = sign_in(employ(Grants({"subscription": Rights(Scope.ALL)}))).get(stage.index).content.decode()
    assert f'href="/{stage.ctx.id}/invoices"' in everything
    assert f'href="/{stage.ctx.id}/invoices"' not in little


def test_a_role_that_shows_nothing_says_so(stage: Stage, employ: Employ, sign_in: SignIn) -> None:
    page = sign_in(employ(Grants({}))).get(f"/{stage.ctx.id}", follow=True)
    assert page.status_code == 200
    assert "There is nothing here that you may see" in page.content.decode()


def test_a_list_that_may_not_be_seen_at_all_is_empty_or_forbidden(
    stage: Stage, employ: Employ, sign_in: SignIn
) -> None:
    answer = sign_in(employ(Grants({"contact": Rights(Scope.ALL)}))).get(stage.index)
    assert answer.status_code in (200, 403)
    assert "Fleet" not in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (
            "finance",
            [("edit", "invoice"), ("delete", "subscription")],
            [("edit", "deal"), ("delete", "contact")],
        ),
        ("sales", [("edit", "deal"), ("delete", "contact")], [("edit", "invoice"), ("edit", "product")]),
        ("reader", [("view", "payment")], [("edit", "contact"), ("delete", "deal")]),
    ],
)
def test_what_a_role_may_do(
    stage: Stage, employ: Employ, role: str, may: list[tuple[str, str]], may_not: list[tuple[str, str]]
) -> None:
    visit = _visit(stage, employ(role))
    assert all(visit.may(*each) for each in may)
    assert not any(visit.may(*each) for each in may_not)


def test_a_record_is_required_in_words(stage: Stage, employ: Employ) -> None:
    user = employ(Grants({"subscription": Rights(Scope.ALL, Scope.OWNED)}, unassigned=False))
    main = stage.ids["main"]

    @account_page
    def page(request: HttpRequest, visit: Visit) -> HttpResponse:
        visit.require("view", "subscription", main)
        assert visit.among("edit", "subscription", [main]) == set()
        with pytest.raises(Http404):
            visit.require("edit", "subscription", 1)
        visit.require("edit", "subscription", main)
        return HttpResponse()

    with pytest.raises(Forbidden, match="You may not change these subscriptions"):
        page(_request(stage, user), account_id=stage.ctx.id)


def test_every_ability_has_words() -> None:
    assert set(ABILITY_WORDS) == ROLES["admin"].abilities


def _request(stage: Stage, user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user  # type: ignore[assignment]
    return request


def _visit(stage: Stage, user: User) -> Visit:
    kept: list[Visit] = []

    @account_page
    def page(request: HttpRequest, visit: Visit) -> HttpResponse:
        kept.append(visit)
        return HttpResponse()

    page(_request(stage, user), account_id=stage.ctx.id)
    return kept[0]


def test_the_switcher_names_all_accounts_of_the_user_and_no_others(stage: Stage, client: Client) -> None:
    page = client.get(stage.index).content.decode()
    assert page.count('class="account-name"') == 1
