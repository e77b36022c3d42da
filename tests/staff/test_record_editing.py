"""Editing a record in place, its history, its associations, making one and deleting it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kalends.accounts.sql import enter_account
from kalends.platform import database
from tests.staff.stage import Stage

HTMX = {"HX-Request": "true"}
Make = Callable[..., str]


@pytest.fixture
def make(client: Client, stage: Stage) -> Make:
    """Makes a record through its form; gives its address."""

    def made(slug: str, **values: str) -> str:
        answer = client.post(f"/{stage.ctx.id}/{slug}/create", values)
        assert answer.status_code == 303, answer.content.decode()[:4000]
        return answer["Location"]

    return made


def _edit(client: Client, record: str, name: str, value: str, before: str = "") -> int:
    given = {"value": value, "before": before}
    return client.post(f"{record}/properties/{name}/edit", given, headers=HTMX).status_code


def test_a_contact_is_made_edited_and_deleted(client: Client, make: Make) -> None:
    record = make("contacts", email="Nora@Example.test", firstname="Nora", lastname="Vik")
    assert "Nora Vik" in client.get(record).content.decode()
    assert _edit(client, record, "phone", "+47 22 00 00 00") == 200
    assert "+47 22 00 00 00" in client.get(f"{record}/properties/phone").content.decode()
    asked = client.get(f"{record}/delete", headers=HTMX).content.decode()
    assert "What was billed to them stays" in asked
    assert client.post(f"{record}/delete").status_code == 303
    assert client.get(record).status_code == 404


def test_an_address_that_another_contact_has_leads_to_that_contact(
    client: Client, make: Make, stage: Stage
) -> None:
    first = make("contacts", email="same@example.test", firstname="First")
    answer = client.post(f"/{stage.ctx.id}/contacts/create", {"email": "same@example.test"}, headers=HTMX)
    assert answer.status_code == 422
    assert f'href="{first}"' in answer.content.decode()
    client.post(f"{first}/delete")


def test_all_that_is_wrong_is_said_at_its_field(client: Client, stage: Stage) -> None:
    answer = client.post(f"/{stage.ctx.id}/products/create", {"price": "much"}, headers=HTMX)
    assert answer.status_code == 422
    assert "Give a number" in answer.content.decode()
    answer = client.post(f"/{stage.ctx.id}/products/create", {"price": "12.50"}, headers=HTMX)
    assert 'id="new-name_error"' in answer.content.decode()


def test_a_wrong_value_stays_in_the_field_with_the_reason(client: Client, make: Make) -> None:
    record = make("contacts", email="wrong@example.test")
    answer = client.post(
        f"{record}/properties/email/edit",
        {"value": "no address", "before": "wrong@example.test"},
        headers=HTMX,
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="no address"' in page
    assert "This is not an email address." in page
    client.post(f"{record}/delete")


def test_a_value_that_somebody_changed_meanwhile_is_not_overwritten(client: Client, make: Make) -> None:
    record = make("contacts", email="twice@example.test")
    assert _edit(client, record, "phone", "1") == 200
    answer = client.post(f"{record}/properties/phone/edit", {"value": "2", "before": ""}, headers=HTMX)
    assert answer.status_code == 422
    assert "Somebody else has changed this meanwhile" in answer.content.decode()
    assert _edit(client, record, "phone", "2", before="1") == 200
    client.post(f"{record}/delete")


def test_the_history_says_who_when_before_and_after(client: Client, make: Make, stage: Stage) -> None:
    record = make("companies", name="Fjellvang AS", domain="fjellvang.test")
    _edit(client, record, "city", "Bergen")
    _edit(client, record, "city", "Voss", before="Bergen")
    page = re.sub(
        r"<[^>]+>", " ", client.get(f"{record}/properties/city/history", headers=HTMX).content.decode()
    )
    assert re.search(rf"Voss\s+Bergen\s.*{stage.user.name}", page, re.DOTALL)
    client.post(f"{record}/delete")


def test_what_kalends_writes_has_no_pencil_and_cannot_be_posted(client: Client, stage: Stage) -> None:
    record = stage.record("main")
    shown = client.get(f"{record}/properties/hs_mrr").content.decode()
    assert "data-edit" not in shown
    assert "Kalends alone writes this property." in shown
    assert _edit(client, record, "hs_mrr", "1") == 403


def test_the_name_of_a_billed_subscription_may_be_edited_and_its_terms_may_not(
    client: Client, stage: Stage
) -> None:
    record = stage.record("weekly")
    assert _edit(client, record, "hs_name", "Depot cleaning, east", before="Depot cleaning") == 204
    assert "Depot cleaning, east" in client.get(record).content.decode()
    assert _edit(client, record, "hs_name", "Depot cleaning", before="Depot cleaning, east") == 204


def test_a_contact_is_tied_to_a_company_and_untied(client: Client, make: Make) -> None:
    contact, company = make("contacts", email="tied@example.test"), make("companies", name="Tie AS")
    number = company.rpartition("/")[2]
    found = client.get(f"{contact}/ties/company/add?q=Tie AS", headers=HTMX).content.decode()
    assert f'value="{number}"' in found
    assert client.post(f"{contact}/ties/company/add", {}, headers=HTMX).status_code == 422
    assert client.post(f"{contact}/ties/company/add", {"other": number}).status_code == 303
    assert "Tie AS" in client.get(contact).content.decode()
    assert "tied@example.test" in client.get(company).content.decode()
    assert client.post(f"{contact}/ties/company/{number}/remove", {}).status_code == 303
    assert (
        "Tie AS"
        not in client.get(contact).content.decode().partition('data-card="company"')[2].partition("</ul>")[0]
    )
    for record in (contact, company):
        client.post(f"{record}/delete")


def test_a_record_made_from_another_one_belongs_to_it(client: Client, make: Make) -> None:
    company = make("companies", name="Parent AS")
    number = company.rpartition("/")[2]
    contact = make("contacts", email="child@example.test", of=f"company-{number}")
    assert "Parent AS" in client.get(contact).content.decode().partition('data-card="company"')[2]
    for record in (contact, company):
        client.post(f"{record}/delete")


def test_a_contact_tells_what_happened_to_its_subscriptions(client: Client, stage: Stage) -> None:
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        row = db.execute("SELECT contact_id FROM subscription WHERE id = %s", [stage.ids["main"]]).fetchone()
    assert row is not None
    page = client.get(f"/{stage.ctx.id}/contacts/{row[0]}").content.decode()
    assert "Fleet Pro, 46 vehicles" in page
    assert "collected: Visa" in page
    assert "243,495" in page
    payments = client.get(f"/{stage.ctx.id}/contacts/{row[0]}/story?events=payments").content.decode()
    assert "collected: Visa" in payments
    assert "issued" not in payments.partition("<ol")[2]


def test_the_timeline_goes_on_page_by_page(client: Client, stage: Stage) -> None:
    seen: list[str] = []
    address = f"{stage.record('main')}/story"
    more = "?"
    while more:
        page = client.get(address + more).content.decode()
        seen += re.findall(r"Invoice of [^<]+ issued", page)
        older = re.search(r'hx-get="[^"?]+/story(\?events=&amp;before=\d+)"', page)
        more = older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == 6


def test_a_letter_is_read_as_it_was_written(client: Client, stage: Stage) -> None:
    record = stage.record("main")
    page = client.get(f"{record}/story?events=letters").content.decode()
    links = re.findall(rf'href="({record}/letters/\d+)"', page)
    assert links
    assert 'class="letter"' in client.get(links[0], headers=HTMX).content.decode()
    other = stage.record("debit") + "/letters/" + links[0].rpartition("/")[2]
    assert client.get(other).status_code == 404


def test_a_page_asks_as_much_of_a_large_record_as_of_a_small_one(
    client: Client, make: Make, stage: Stage
) -> None:
    company = make("companies", name="Large AS")
    few = _statements(client, company)
    number = int(company.rpartition("/")[2])
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        db.execute(
            "INSERT INTO contact (account_id, id, email, primary_company_id, created_at, updated_at, source_label) "
            "SELECT %s, nextval('record_id'), 'many' || n || '@example.test', %s, %s, %s, 'CRM_UI' "
            "FROM generate_series(1, 300) AS n",
            [stage.ctx.id, number, stage.ctx.now, stage.ctx.now],
        )
        try:
            page = client.get(company).content.decode()
            assert "200+" in page
            assert _statements(client, company) <= few + 3
        finally:
            db.execute("DELETE FROM contact WHERE primary_company_id = %s", [number])
    client.post(f"{company}/delete")


def _statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)
