"""The middles of a deal's and a product's page, and a property that the account made itself."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

import pytest
from django.db import connection, transaction
from django.test import Client

from kalends.accounts.sql import enter_account
from kalends.catalog import OBJECTS
from kalends.crm.properties import create_property
from kalends.crm.property_terms import Choice, Definition
from kalends.crm.schema import account_object
from kalends.platform import database
from tests.conftest import AnyConnection
from tests.staff.stage import Stage

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ours(stage: Stage) -> Iterator[AnyConnection]:
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        yield db


def _made(client: Client, stage: Stage, slug: str, **values: str) -> tuple[str, int]:
    answer = client.post(f"/{stage.ctx.id}/{slug}/create", values)
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return answer["Location"], int(answer["Location"].rpartition("/")[2])


def _line(db: AnyConnection, stage: Stage, parent_id: int, price: str, currency: str) -> None:
    db.execute(
        "INSERT INTO line_item (account_id, id, created_at, updated_at, source_label, parent_type, parent_id, name, "
        "unit_price, quantity, tax_rate, currency, frequency) "
        "VALUES (%s, nextval('record_id'), %s, %s, 'CRM_UI', 'deal', %s, 'Telematics', %s, 3, 25, %s, 'monthly')",
        [stage.ctx.id, stage.ctx.now, stage.ctx.now, parent_id, price, currency],
    )


def _text(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode()).replace("\xa0", " ")


def test_a_deals_page_shows_its_lines_and_a_total_in_each_currency(
    client: Client, stage: Stage, ours: AnyConnection
) -> None:
    record, id_ = _made(
        client, stage, "deals", dealname="Two currencies", dealstage="closedwon", pipeline="default"
    )
    assert "Telematics" not in _text(client, record)
    _line(ours, stage, id_, "100", "NOK")
    _line(ours, stage, id_, "40", "NOK")
    _line(ours, stage, id_, "10.50", "EUR")
    page = _text(client, record)
    assert page.count("<b>Telematics</b>") == 3
    assert page.count("<b>Total</b>") == 2
    assert ">525<" in page
    assert ">39<" in page
    client.post(f"{record}/delete")


def test_a_lost_deal_is_not_offered_for_conversion_and_an_open_one_is(client: Client, stage: Stage) -> None:
    for deal_stage, offered in (("closedlost", False), ("closedwon", True), ("qualifiedtobuy", True)):
        record, id_ = _made(
            client, stage, "deals", dealname="Turned down", dealstage=deal_stage, pipeline="default"
        )
        page = _text(client, record)
        assert ("Convert to subscription" in page) is offered, deal_stage
        assert (f"/create/subscription?deal={id_}" in page) is offered, deal_stage
        client.post(f"{record}/delete")


def test_a_products_page_counts_the_subscriptions_that_have_a_line_of_it(
    client: Client, stage: Stage, ours: AnyConnection
) -> None:
    record, id_ = _made(client, stage, "products", name="Fleet Pro", price="690")

    def uses() -> str:
        return _text(client, record).partition("Used in subscriptions")[2].partition("</div>")[0]

    assert '<span class="v">0</span>' in uses()
    lines = "UPDATE line_item SET product_id = %s WHERE account_id = %s AND parent_id = ANY(%s)"
    some = [stage.ids["main"], stage.ids["weekly"]]
    ours.execute(lines, [id_, stage.ctx.id, some])
    assert '<span class="v">2</span>' in uses()
    ours.execute(lines, [None, stage.ctx.id, some])
    client.post(f"{record}/delete")


def test_a_list_of_the_accounts_own_is_chosen_from_in_place(
    client: Client, stage: Stage, ours: AnyConnection
) -> None:
    wanted = Definition(
        name="fuel",
        label="Drivstoff",
        type="enumeration",
        field_type="select",
        group="companyinformation",
        options=(Choice("diesel", "Diesel"), Choice("el", "Strøm")),
    )
    create_property(ours, stage.ctx, OBJECTS["company"], wanted)
    record, _id = _made(client, stage, "companies", name="Fuel AS")
    field = client.get(f"{record}/properties/fuel/edit", headers=HTMX).content.decode()
    assert "Strøm" in field
    saved = client.post(f"{record}/properties/fuel/edit", {"value": "el", "before": ""}, headers=HTMX)
    assert saved.status_code == 200
    assert "Strøm" in saved.content.decode()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('kalends.account_id', %s, true)", [str(stage.ctx.id)])
        there = account_object(connection.connection, stage.ctx, "company").by_name["fuel"].options
    here = account_object(ours, stage.ctx, "company").by_name["fuel"].options
    assert there == here
    assert [each.value for each in here] == ["diesel", "el"]
    client.post(f"{record}/delete")
    ours.execute("DELETE FROM property_definition WHERE account_id = %s AND name = 'fuel'", [stage.ctx.id])
