"""Columns of associated records: in every list, as far as the user may see them, and in the file made of it."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kalends.accounts.models import User
from kalends.accounts.permissions import Grants, Rights, place_of
from kalends.accounts.roles import create_role, give_role
from kalends.catalog.registry import get_object
from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.query import Scope
from kalends.staff.index.tied import SHOWN, tied_label
from kalends.staff.objects import PAGES, ObjectPage
from kalends.worker.exports import Maker
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode()).replace("\xa0", " ")


def _cells(page: str) -> list[list[str]]:
    """The cells of each row behind the name's, as they are written."""
    rows = re.findall(r'<tr role="row" data-id="\d+">(.*?)</tr>', page)
    return [re.findall(r'<td role="cell"(?: class="[^"]*")?>(.*?)</td>', row) for row in rows]


@pytest.mark.parametrize("about", PAGES.values(), ids=lambda each: each.slug)
def test_every_list_shows_what_its_records_are_tied_to_and_offers_it_as_columns(
    client: Client, stage: Stage, about: ObjectPage
) -> None:
    words = [f"associated.{to}" for to in about.tied_columns]
    page = _page(client, f"/{stage.ctx.id}/{about.slug}?cols={','.join(words)}")
    assert "It was left out" not in page
    if "<table" in page and words:
        assert re.findall(r'data-column="([\w.]+)"', page) == [about.title, *words]
        assert f"<span>{tied_label(about.tied_columns[0], 'en')}</span>" in page
    chooser = _page(client, f"/{stage.ctx.id}/{about.slug}/columns")
    assert [each for each in words if f'value="{each}"' not in chooser] == []


def test_a_cell_names_the_first_records_leads_to_them_and_says_that_there_are_more(
    client: Client, stage: Stage
) -> None:
    base = f"/{stage.ctx.id}"
    address = f"{base}/subscriptions?cols=associated.contact,associated.payment&q=Fleet+Pro,+46"
    ((_box, contact, payments),) = _cells(_page(client, address))
    assert re.fullmatch(rf'<a href="{base}/contacts/\d+">Ingrid Solberg</a>', contact)
    assert payments.count(f'<a href="{base}/payments/') == SHOWN
    assert "and more" in payments
    none = _page(client, f"{base}/companies?cols=associated.quote&q=Brekke")
    assert "--" in _cells(none)[0][1]


def test_a_column_of_what_an_object_is_never_tied_to_is_left_out_and_named(
    client: Client, stage: Stage
) -> None:
    page = _page(client, f"/{stage.ctx.id}/invoices?cols=associated.product,associated.,hs_due_date")
    assert "associated.product" in page.partition("<table")[0]
    assert re.findall(r'data-column="([\w.]+)"', page)[1:] == ["hs_due_date"]


@pytest.fixture
def seller(stage: Stage, db: AnyConnection) -> User:
    """Somebody who sees all companies, none of the contacts that others own, and may export."""
    user = new_user("Henrik Aas")
    give_place(db, user, stage.ctx.id)
    rights = {"company": Rights(Scope.ALL), "contact": Rights(Scope.OWNED)}
    grants = Grants(rights, frozenset({"export"}), unassigned=False)
    with db.cursor() as cursor:
        by = place_of(cursor, stage.ctx.id, stage.user.id)
    assert by is not None
    role = create_role(db, stage.ctx, name=f"Seller {user.id}", grants=grants, by=by)
    give_role(db, stage.ctx, user.id, role, by=by)
    return user


def test_nobody_reads_names_in_a_column_that_they_may_not_see(
    stage: Stage, sign_in: SignIn, seller: User
) -> None:
    client = sign_in(seller)
    page = _page(client, f"/{stage.ctx.id}/companies?cols=associated.contact,associated.payment&q=Brekke")
    assert "Brekke" in page
    assert "Ingrid Solberg" not in page
    assert all("<a" not in cell for row in _cells(page) for cell in row[1:])
    chooser = _page(client, f"/{stage.ctx.id}/companies/columns")
    assert 'value="associated.contact"' in chooser
    assert 'value="associated.payment"' not in chooser


@pytest.mark.parametrize(
    "about", [PAGES[name] for name in ("contact", "deal", "invoice")], ids=lambda each: each.slug
)
def test_what_a_list_of_any_object_shows_of_tied_records_stands_in_its_file(
    stage: Stage, sign_in: SignIn, about: ObjectPage, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    client = sign_in(stage.user)
    words = [f"associated.{to}" for to in about.tied_columns[:2]]
    base = f"/{stage.ctx.id}/{about.slug}"
    asked = {"format": "csv", "language": "nb", "scope": "view", "cols": ",".join(words)}
    answer = client.post(f"{base}/export", asked)
    assert answer.status_code == 303
    assert Maker(system_now, lambda: database.connect(autocommit=True)).drain()
    made = client.get(f"{answer['Location']}/file")
    head, *rows = csv.reader(io.StringIO(b"".join(made.streaming_content).decode("utf-8-sig")))  # type: ignore[attr-defined]
    titles = 3 if about.title == "firstname" else 2
    assert head[titles + 1 : titles + 2 * len(words) : 2] == [
        tied_label(to, "nb") for to in about.tied_columns[:2]
    ]
    assert get_object(about.name).by_name["hs_object_id"].label.no == head[0]
    if about.name == "invoice":
        assert all(row[titles] for row in rows)
