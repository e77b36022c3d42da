"""The pages of imports: who may, whose they are, and how imported subscriptions are let go."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kalends.accounts.context import AccountContext
from kalends.imports import carry
from kalends.platform.home import open_home
from tests.conftest import AnyConnection
from tests.imports.test_room import STRIPE_CUSTOMERS, STRIPE_SUBSCRIPTIONS
from tests.staff.conftest import SignIn
from tests.staff.stage import give_place, new_user


@pytest.fixture
def client(account: AccountContext, db: AnyConnection, sign_in: SignIn, settings: Any) -> Client:
    """An administrator of an account of its own has signed in."""
    settings.MEDIA_ROOT = str(open_home().files)
    user = new_user("Liv Moen")
    give_place(db, user, account.id)
    return sign_in(user)


def upload(client: Client, account: AccountContext, content: str, kind: str = "guess") -> str:
    """The address of the import that a file became."""
    file = SimpleUploadedFile("file.csv", content.encode())
    answer = client.post(f"/{account.id}/imports/start", {"file": file, "object": kind})
    assert answer.status_code == 303, answer.content.decode()
    return answer["Location"]


def imported(client: Client, account: AccountContext, db: AnyConnection, content: str) -> str:
    """The address of an import that was rehearsed as it was guessed, and done."""
    page = upload(client, account, content)
    number = int(page.rpartition("/")[2])
    row = db.execute("SELECT plan -> 'targets' FROM data_import WHERE id = %s", [number]).fetchone()
    assert row is not None
    columns = {f"column-{place}": target for place, target in enumerate(row[0])}
    plan = {"step": "rehearse", "identify": ":key", "mode": "both", **columns}
    if "Email" in content:
        plan["identify"] = "email"
    assert client.post(f"{page}/plan", plan).status_code == 303
    work(db, account)
    assert client.post(f"{page}/run").status_code == 303
    work(db, account)
    return page


def work(db: AnyConnection, account: AccountContext) -> None:
    """Let the worker take its turns."""
    while carry.take_turn(db, account, carry.folder_of(open_home().files, account.id), now=account.now).more:
        pass


def test_imported_subscriptions_are_let_go_only_after_their_first_charges_were_shown(
    client: Client, account: AccountContext, db: AnyConnection
) -> None:
    imported(client, account, db, STRIPE_CUSTOMERS)
    page = imported(client, account, db, STRIPE_SUBSCRIPTIONS)
    assert "1 imported subscription waits" in client.get(page).content.decode()
    shown = client.post(f"{page}/release", {"step": "rehearse"}).content.decode()
    assert "1 subscription would be billed" in shown
    assert "99.80" in shown
    billed = "SELECT count(*) FROM subscription WHERE account_id = %s AND creates_invoices"
    assert db.execute(billed, [account.id]).fetchone() == (0,)
    assert client.post(f"{page}/release", {"step": "release"}).status_code == 303
    assert db.execute(billed, [account.id]).fetchone() == (1,)


def test_an_import_is_seen_by_whoever_started_it_and_by_administrators_alone(
    client: Client, account: AccountContext, db: AnyConnection, sign_in: SignIn
) -> None:
    page = upload(client, account, STRIPE_CUSTOMERS)
    other, reader = new_user("Ola Berg"), new_user("Siri Lie")
    for user, role in ((other, "member"), (reader, "reader")):
        give_place(db, user, account.id)
        db.execute(
            "UPDATE membership SET role = %s WHERE account_id = %s AND user_id = %s",
            [role, account.id, user.id],
        )
    for path in (page, f"{page}/standing", f"{page}/bad-rows"):
        assert sign_in(other).get(path).status_code == 404
        assert sign_in(reader).get(path).status_code == 403
    assert sign_in(other).post(f"{page}/run").status_code == 404
    assert (
        page.rpartition("/")[2] not in sign_in(other).get(f"/{account.id}/settings/imports").content.decode()
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("%PDF-1.7\x00", "neither CSV nor XLSX"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    client: Client, account: AccountContext, content: str, words: str
) -> None:
    file = SimpleUploadedFile("file.csv", content.encode())
    answer = client.post(f"/{account.id}/imports/start", {"file": file, "object": "contact"})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_plan_that_cannot_be_followed_is_told_on_its_page(client: Client, account: AccountContext) -> None:
    page = upload(client, account, STRIPE_CUSTOMERS, "contact")
    asked = {
        "step": "rehearse",
        "identify": "email",
        "mode": "both",
        "column-0": "email",
        "column-1": "email",
    }
    answer = client.post(f"{page}/plan", asked | {f"column-{place}": "" for place in range(2, 6)})
    assert answer.status_code == 422
    assert "Two columns become the same" in answer.content.decode()
    assert client.post(f"{page}/run").status_code == 200
    assert "rehearsed first" in client.post(f"{page}/run").content.decode()


def test_a_file_that_is_divided_otherwise_has_its_columns_guessed_anew(
    client: Client, account: AccountContext
) -> None:
    page = upload(client, account, "Email|First name\na@x.test|Kari\n", "contact")
    wrong = client.post(
        f"{page}/plan", {"step": "look", "shown": "utf-8 |", "delimiter": ",", "column-0": ""}
    )
    assert "Email|First name" in wrong.content.decode()
    right = client.post(
        f"{page}/plan", {"step": "look", "shown": "utf-8 ,", "delimiter": "|", "column-0": ""}
    )
    assert '<option value="firstname" selected>' in right.content.decode()
