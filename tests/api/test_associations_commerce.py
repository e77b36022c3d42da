"""Ties that mean money obey the same services as pages and commands do, one by one and in bulk."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api, in_order, tie
from tests.world import World

V4, BULK = "/crm/v4/objects", "/crm/v4/associations"
PAYS = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 542}]


@pytest.fixture
def invoice(api: Api) -> str:
    """An open invoice over 100 euros."""
    ada = api.make("contacts", firstname="Ada")
    made = api.make("invoices", [tie(ada, 177), tie(line(api), 409)], hs_currency="EUR")
    api.patch(f"/crm/v3/objects/invoices/{made}", {"properties": {"hs_invoice_status": "open"}})
    return made


def line(api: Api) -> str:
    return api.make("line_items", name="Seat", price="100", quantity="1", recurringbillingfrequency="monthly")


def payment(api: Api, **more: Any) -> str:
    return api.make(
        "commerce_payments", **{"hs_initial_amount": "40", "hs_initiated_date": "2026-01-01", **more}
    )


def owed(api: Api, invoice: str) -> str:
    read = api.get(f"/crm/v3/objects/invoices/{invoice}?properties=hs_balance_due")
    return read["properties"]["hs_balance_due"]


def test_a_payment_that_is_tied_to_an_open_invoice_pays_it_once_and_stays(
    api: Api, books: World, invoice: str
) -> None:
    paid = payment(api)
    path = f"{V4}/commerce_payments/{paid}/associations/invoices/{invoice}"

    api.put(path, PAYS, 201)
    api.put(path, PAYS, 201)

    assert owed(api, invoice) == "60.00"
    api.delete(path, 400)
    assert owed(api, invoice) == "60.00"
    in_order(books)


def test_of_a_batch_of_payments_those_that_fit_pay(api: Api, books: World, invoice: str) -> None:
    fits, foreign = payment(api), payment(api, hs_currency_code="NOK")
    inputs = [{"from": {"id": each}, "to": {"id": invoice}, "types": PAYS} for each in (foreign, fits)]

    partly = api.post(f"{BULK}/commerce_payments/invoices/batch/create", {"inputs": inputs}, 207)

    assert [each["fromObjectId"] for each in partly["results"]] == [int(fits)]
    assert partly["errors"][0]["context"]["fromObjectId"] == [foreign]
    assert owed(api, invoice) == "60.00"
    in_order(books)


def test_a_line_item_has_one_parent(api: Api, books: World) -> None:
    seat = line(api)
    first, second = (api.make("subscriptions", hs_name=name) for name in ("Gold", "Silver"))

    api.put(f"{V4}/subscriptions/{first}/associations/default/line_items/{seat}")
    refused = api.put(f"{V4}/subscriptions/{second}/associations/default/line_items/{seat}", status=400)

    assert f"belongs to the subscription {first}" in refused["message"]
    tied = api.get(f"{V4}/line_items/{seat}/associations/subscriptions")["results"]
    assert [each["toObjectId"] for each in tied] == [int(first)]
    in_order(books)


def test_a_subscription_that_is_billed_keeps_a_contact(api: Api, books: World) -> None:
    ada = api.make("contacts", firstname="Ada")
    gold = api.make("subscriptions", [tie(ada, 295), tie(line(api), 301)], hs_name="Gold")
    api.patch(f"/crm/v3/objects/subscriptions/{gold}", {"properties": {"hs_invoice_creation": "on"}})

    api.delete(f"{V4}/contacts/{ada}/associations/subscriptions/{gold}", 400)
    api.post(
        f"{BULK}/subscriptions/contacts/batch/archive",
        {"inputs": [{"from": {"id": gold}, "to": [{"id": ada}]}]},
        400,
    )

    tied = api.get(f"{V4}/subscriptions/{gold}/associations/contacts")["results"]
    assert [each["toObjectId"] for each in tied] == [int(ada)]
    in_order(books)
