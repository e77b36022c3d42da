"""Records obey what each role sees and may do: not found, forbidden, or done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kalends.accounts.models import User
from kalends.accounts.sql import enter_account
from kalends.platform import database
from kalends.staff.objects import PAGES
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, new_user

Employ = Callable[[str], User]


@pytest.fixture
def employ(stage: Stage) -> Iterator[Employ]:
    """A user of the stage's account in a built-in role; gone after the test."""
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        hired: list[int] = []

        def hire(role: str) -> User:
            user = new_user("Henrik Aas")
            hired.append(user.id)
            db.execute(
                "INSERT INTO membership (account_id, user_id, role) VALUES (%s, %s, %s)",
                [stage.ctx.id, user.id, role],
            )
            return user

        yield hire
        db.execute(
            "DELETE FROM membership WHERE account_id = %s AND user_id = ANY(%s)", [stage.ctx.id, hired]
        )


@pytest.fixture
def some(stage: Stage) -> dict[str, int]:
    """One record of each object that has any."""
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        found: dict[str, int] = {}
        for name, page in PAGES.items():
            row = db.execute(
                f"SELECT min(id) FROM {page.object.table} WHERE account_id = %s AND archived_at IS NULL",  # type: ignore[arg-type]
                [stage.ctx.id],
            ).fetchone()
            if row and row[0]:
                found[name] = row[0]
    assert {"subscription", "invoice", "payment", "contact", "company"} <= set(found)
    return found


def _parts(account: int, some: dict[str, int]) -> list[str]:
    return [
        f"/{account}/{PAGES[name].slug}/{id_}{part}"
        for name, id_ in some.items()
        for part in ("", "/story", "/panel", f"/properties/{PAGES[name].title}/history")
    ]


@pytest.mark.parametrize("role", ["admin", "member", "finance", "reader"])
def test_these_roles_read_every_record(
    stage: Stage, employ: Employ, sign_in: SignIn, some: dict[str, int], role: str
) -> None:
    client = sign_in(employ(role))
    for address in _parts(stage.ctx.id, some):
        assert client.get(address).status_code == 200, address


def test_sales_finds_no_record_of_somebody_else(
    stage: Stage, employ: Employ, sign_in: SignIn, some: dict[str, int]
) -> None:
    client = sign_in(employ("sales"))
    for name in ("subscription", "invoice", "payment"):
        for address in _parts(stage.ctx.id, {name: some[name]}):
            assert client.get(address).status_code == 404, address


def test_records_of_another_account_are_not_found(
    stage: Stage, account: object, db: object, sign_in: SignIn, some: dict[str, int]
) -> None:
    from tests.staff.stage import give_place

    user = new_user("Henrik Aas")
    give_place(db, user, account.id)  # type: ignore[arg-type, attr-defined]
    client = sign_in(user)
    for address in _parts(account.id, some):  # type: ignore[attr-defined]
        assert client.get(address).status_code == 404, address


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 303), ("member", 303), ("finance", 303), ("sales", 404), ("reader", 403)]
)
def test_who_may_edit_a_contact(
    stage: Stage, employ: Employ, sign_in: SignIn, some: dict[str, int], role: str, status: int
) -> None:
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        db.execute("UPDATE contact SET owner_id = %s WHERE id = %s", [stage.user.id, some["contact"]])
        row = db.execute("SELECT phone FROM contact WHERE id = %s", [some["contact"]]).fetchone()
    assert row is not None
    answer = sign_in(employ(role)).post(
        f"/{stage.ctx.id}/contacts/{some['contact']}/properties/phone/edit",
        {"value": "123", "before": row[0] or ""},
    )
    assert answer.status_code == status


def test_who_may_neither_delete_nor_make_a_record(
    stage: Stage, employ: Employ, sign_in: SignIn, some: dict[str, int]
) -> None:
    forbidden = {
        "reader": [f"contacts/{some['contact']}/delete", "contacts/create", "deals/create"],
        "finance": [f"contacts/{some['contact']}/delete", "deals/create"],
        "sales": ["products/create"],
    }
    for role, addresses in forbidden.items():
        client = sign_in(employ(role))
        for address in addresses:
            assert client.get(f"/{stage.ctx.id}/{address}").status_code == 403, (role, address)
            assert client.post(f"/{stage.ctx.id}/{address}", {}).status_code == 403, (role, address)


def test_a_pencil_is_shown_only_where_the_user_may_write(
    stage: Stage, employ: Employ, sign_in: SignIn, some: dict[str, int]
) -> None:
    page = f"/{stage.ctx.id}/contacts/{some['contact']}"
    assert "data-edit" in sign_in(employ("member")).get(page).content.decode()
    assert "data-edit" not in sign_in(employ("reader")).get(page).content.decode()
