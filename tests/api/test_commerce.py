"""Subscriptions, line items, invoices and payments over the API obey the services that pages and commands call."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from kalends.accounts.sql import enter_account
from tests.api.conftest import Api, in_order, tie
from tests.world import World

SUBSCRIPTIONS, LINES = "/crm/v3/objects/subscriptions", "/crm/v3/objects/line_items"
INVOICES, PAYMENTS = "/crm/v3/objects/invoices", "/crm/v3/objects/commerce_payments"


def line(api: Api, price: str = "100", **more: Any) -> str:
    return api.make(
        "line_items",
        **{"name": "Seat", "price": price, "quantity": "2", "recurringbillingfrequency": "monthly", **more},
    )


def record(api: Api, contact: str, *lines: str, **properties: Any) -> str:
    ties = [tie(contact, 295), *(tie(each, 301) for each in lines)]
    return api.make("subscriptions", ties, **{"hs_name": "Gold", **properties})


def test_a_subscription_is_a_record_until_it_is_switched_on_and_then_billed(api: Api, books: World) -> None:
    ada = api.make("contacts", email="ada@example.com", firstname="Ada")
    id_ = record(api, ada, line(api), hs_recurring_billing_start_date="2026-01-15")
    names = "properties=hs_status,hs_invoice_creation,hs_mrr,hs_next_payment_due_date,hs_next_payment_amount"

    before = api.get(f"{SUBSCRIPTIONS}/{id_}?{names}")["properties"]
    assert (before["hs_status"], before["hs_invoice_creation"]) == ("scheduled", "off")
    assert before["hs_next_payment_due_date"] is None
    in_order(books)

    on = api.patch(f"{SUBSCRIPTIONS}/{id_}", {"properties": {"hs_invoice_creation": "on"}})["properties"]
    assert on["hs_invoice_creation"] == "on"
    assert (on["hs_next_payment_due_date"], on["hs_next_payment_amount"]) == ("2026-01-15", "200.00")
    in_order(books)

    books.until("2026-02-20")
    after = api.get(f"{SUBSCRIPTIONS}/{id_}?{names}&associations=invoices")
    assert after["properties"]["hs_next_payment_due_date"] == "2026-03-15"
    invoices = [each["id"] for each in after["associations"]["invoices"]["results"]]
    assert len(invoices) == 2
    billed = api.get(f"{INVOICES}/{invoices[0]}?properties=hs_amount_billed,hs_invoice_status,hs_number")
    assert billed["properties"]["hs_amount_billed"] == "200.00"
    in_order(books)


@pytest.mark.parametrize(
    ("with_contact", "lines", "why"),
    [
        (False, [{}], "contact"),
        (True, [], "line item"),
        (True, [{"recurringbillingfrequency": ""}], "recurs"),
        (True, [{}, {"recurringbillingfrequency": "annually"}], "different schedules"),
        (True, [{}, {"recurringbillingfrequency": ""}], "once"),
        (True, [{"hs_recurring_billing_period": "P5W"}], "whole number"),
        (True, [{"hs_recurring_billing_period": "soon"}], "duration"),
    ],
)
def test_what_cannot_be_billed_cannot_be_switched_on(
    api: Api, books: World, with_contact: bool, lines: list[dict[str, str]], why: str
) -> None:
    ties = [tie(line(api, **each), 301) for each in lines]
    ties += [tie(api.make("contacts", firstname="Ada"), 295)] if with_contact else []
    id_ = api.make("subscriptions", ties, hs_name="Gold")

    answer = api.patch(
        f"{SUBSCRIPTIONS}/{id_}", {"properties": {"hs_invoice_creation": "on", "hs_name": "Silver"}}, 400
    )

    assert why in answer["message"]
    shown = api.get(f"{SUBSCRIPTIONS}/{id_}?properties=hs_name,hs_invoice_creation")["properties"]
    assert (shown["hs_name"], shown["hs_invoice_creation"]) == ("Gold", "off")
    in_order(books)


def test_a_record_takes_over_the_schedule_of_its_lines(api: Api, books: World) -> None:
    ada = api.make("contacts", firstname="Ada")
    lines = [
        line(
            api,
            recurringbillingfrequency="quarterly",
            hs_recurring_billing_period="P1Y",
            hs_recurring_billing_start_date="2026-02-01",
        )
        for _ in range(2)
    ]
    id_ = record(api, ada, *lines, hs_invoice_creation="on")

    names = (
        "hs_recurring_billing_frequency",
        "hs_number_of_expected_payments",
        "hs_recurring_billing_end_date",
        "hs_next_payment_due_date",
        "hs_mrr",
    )
    shown = api.get(f"{SUBSCRIPTIONS}/{id_}?properties={','.join(names)}")["properties"]
    assert [shown[name] for name in names] == [
        "quarterly",
        "4",
        "2027-02-01",
        "2026-02-01",
        "0.00",
    ]
    books.until("2026-02-02")
    assert api.get(f"{SUBSCRIPTIONS}/{id_}?properties=hs_mrr")["properties"]["hs_mrr"] == "133.33"
    in_order(books)


def test_payments_before_today_were_made_elsewhere(api: Api, books: World) -> None:
    ada = api.make("contacts", firstname="Ada")
    id_ = record(api, ada, line(api), hs_recurring_billing_start_date="2025-09-10", hs_invoice_creation="on")

    assert books.subscription(int(id_), "next_cycle", "next_due_date") == (4, dt.date(2026, 1, 10))
    books.until("2026-01-11")
    assert len(books.invoices(int(id_), "id")) == 1
    in_order(books)


def test_while_it_is_billed_only_some_properties_may_change(api: Api, books: World) -> None:
    ada = api.make("contacts", firstname="Ada")
    id_ = record(api, ada, line(api), hs_invoice_creation="on")
    path = f"{SUBSCRIPTIONS}/{id_}"

    free = {
        "hs_name": "Platinum",
        "hs_invoice_comments": "Thanks",
        "hs_net_payment_terms": "30",
        "hs_recipient_billing_city": "Oslo",
        "hs_invoice_creation": "on",
        "hs_currency_code": "EUR",
    }
    assert api.patch(path, {"properties": free})["properties"]["hs_name"] == "Platinum"
    for name, value in (
        ("hs_currency_code", "NOK"),
        ("hs_recurring_billing_frequency", "annually"),
        ("hs_recurring_billing_start_date", "2026-06-01"),
        ("hs_collection_process", "automatic_payments"),
        ("hs_number_of_expected_payments", "3"),
        ("hs_status", "canceled"),
        ("hs_mrr", "1"),
    ):
        answer = api.patch(path, {"properties": {name: value}}, 400)
        assert answer["errors"][0]["code"] == "READ_ONLY_VALUE", name
    in_order(books)


def test_what_was_never_billed_can_be_a_record_again(api: Api, books: World) -> None:
    ada = api.make("contacts", firstname="Ada")
    early = record(
        api, ada, line(api), hs_invoice_creation="on", hs_recurring_billing_start_date="2026-02-01"
    )
    billed = record(api, ada, line(api), hs_invoice_creation="on")
    books.until("2026-01-02")

    off = {"properties": {"hs_invoice_creation": "off"}}
    assert api.patch(f"{SUBSCRIPTIONS}/{early}", off)["properties"]["hs_invoice_creation"] == "off"
    assert "billed here already" in api.patch(f"{SUBSCRIPTIONS}/{billed}", off, 400)["message"]
    in_order(books)


def test_deleting_is_for_records_and_for_what_has_ended(api: Api, books: World) -> None:
    ada = api.make("contacts", firstname="Ada")
    mere, billed = record(api, ada, line(api)), record(api, ada, line(api), hs_invoice_creation="on")

    api.delete(f"{SUBSCRIPTIONS}/{mere}")
    api.delete(f"{SUBSCRIPTIONS}/{mere}")
    answer = api.ask("DELETE", f"{SUBSCRIPTIONS}/{billed}")
    assert answer.status_code == 400
    assert "cancel it first" in answer.json()["message"]
    api.post(f"{SUBSCRIPTIONS}/batch/archive", {"inputs": [{"id": billed}]}, 400)
    in_order(books)


def test_a_line_of_what_is_billed_is_changed_by_an_edit(api: Api, books: World) -> None:
    ada, first = api.make("contacts", firstname="Ada"), line(api)
    id_ = record(api, ada, first, hs_invoice_creation="on", hs_net_payment_terms="30")
    books.until("2026-01-02")

    assert (
        api.patch(f"{LINES}/{first}", {"properties": {"price": "1"}}, 400)["errors"][0]["code"]
        == "READ_ONLY_VALUE"
    )
    assert api.ask("DELETE", f"{LINES}/{first}").status_code == 400
    second = line(api, "50")
    with books.db.transaction():
        from kalends.crm.associations import End, associate, dissociate

        enter_account(books.db, books.ctx.id)
        associate(books.db, books.ctx, End("subscription", int(id_)), End("line_item", int(second)))
        dissociate(books.db, books.ctx, End("subscription", int(id_)), End("line_item", int(first)))
    books.until("2026-02-02")
    assert books.invoices(int(id_), "total_minor") == [20000, 10000]
    in_order(books)


@pytest.mark.parametrize(
    "properties",
    [
        {"price": "-1"},
        {"quantity": "0"},
        {"quantity": "-2"},
        {"price": "10", "discount": "11"},
        {"hs_discount_percentage": "101"},
        {"price": "10", "discount": "1", "hs_discount_percentage": "1"},
        {"price": "0.0000001"},
        {"hs_product_id": "999999"},
    ],
)
def test_terms_that_nobody_can_be_billed_by_are_refused(api: Api, properties: dict[str, str]) -> None:
    assert api.post(LINES, {"properties": properties}, 400)["errors"]


def test_a_line_takes_over_the_values_of_its_product(api: Api) -> None:
    product = api.make(
        "products", name="Seat", price="19.99", hs_sku="S-1", recurringbillingfrequency="monthly"
    )
    made = api.make("line_items", hs_product_id=product, quantity="3", name="Your seat")
    shown = api.get(f"{LINES}/{made}?properties=name,price,hs_sku,recurringbillingfrequency,amount")[
        "properties"
    ]
    assert shown["name"] == "Your seat"
    assert (shown["price"], shown["hs_sku"], shown["recurringbillingfrequency"]) == (
        "19.99",
        "S-1",
        "monthly",
    )
    assert shown["amount"] == "59.97"


def test_an_invoice_is_a_draft_then_open_then_paid_and_never_back(api: Api, books: World) -> None:
    ada = api.make("contacts", email="ada@example.com")
    draft = api.make(
        "invoices", [tie(ada, 177), tie(line(api), 409)], hs_currency="EUR", hs_due_date="2026-01-31"
    )
    names = "properties=hs_invoice_status,hs_number,hs_amount_billed,hs_balance_due,hs_due_date"
    shown = api.get(f"{INVOICES}/{draft}?{names}")["properties"]
    assert (shown["hs_invoice_status"], shown["hs_number"], shown["hs_amount_billed"]) == (
        "draft",
        None,
        "200.00",
    )
    in_order(books)

    opened = api.patch(f"{INVOICES}/{draft}", {"properties": {"hs_invoice_status": "open"}})["properties"]
    assert (opened["hs_invoice_status"], opened["hs_number"]) == ("open", "INV-1001")
    assert opened["hs_due_date"] == "2026-01-31T00:00:00.000Z"
    in_order(books)
    for status in ("draft", "paid"):
        api.patch(f"{INVOICES}/{draft}", {"properties": {"hs_invoice_status": status}}, 400)
    api.patch(f"{INVOICES}/{draft}", {"properties": {"hs_due_date": "2026-05-01"}}, 400)
    assert api.ask("DELETE", f"{INVOICES}/{draft}").status_code == 400

    paid = {
        "hs_initial_amount": "200",
        "hs_initiated_date": "2026-01-01",
        "hs_payment_method_type": "wire_transfer",
    }
    payment = api.make("commerce_payments", [tie(draft, 542)], **paid)
    shown = api.get(f"{INVOICES}/{draft}?{names}")["properties"]
    assert (shown["hs_invoice_status"], shown["hs_balance_due"]) == ("paid", "0.00")
    assert (
        api.get(f"{PAYMENTS}/{payment}?properties=hs_latest_status")["properties"]["hs_latest_status"]
        == "succeeded"
    )
    api.patch(f"{PAYMENTS}/{payment}", {"properties": {"hs_initial_amount": "1"}}, 400)
    api.patch(f"{PAYMENTS}/{payment}", {"properties": {"hs_internal_comment": "by bank"}})
    assert api.ask("DELETE", f"{PAYMENTS}/{payment}").status_code == 400
    in_order(books)


@pytest.mark.parametrize("ties", [["contact"], ["line"], []])
def test_a_draft_needs_a_contact_and_a_line_item_to_be_opened(api: Api, ties: list[str]) -> None:
    given = [tie(api.make("contacts", firstname="Ada"), 177)] if "contact" in ties else []
    given += [tie(line(api), 409)] if "line" in ties else []
    draft = api.make("invoices", given, hs_currency="EUR")
    answer = api.patch(f"{INVOICES}/{draft}", {"properties": {"hs_invoice_status": "open"}}, 400)
    assert "needs" in answer["message"]


def test_an_open_invoice_may_be_voided_and_a_draft_deleted(api: Api, books: World) -> None:
    ada = api.make("contacts", firstname="Ada")
    opened, draft = (
        api.make("invoices", [tie(ada, 177), tie(line(api), 409)], hs_currency="NOK") for _ in range(2)
    )
    api.patch(f"{INVOICES}/{opened}", {"properties": {"hs_invoice_status": "open"}})

    voided = api.patch(f"{INVOICES}/{opened}", {"properties": {"hs_invoice_status": "voided"}})["properties"]
    assert voided["hs_invoice_status"] == "voided"
    api.patch(f"{INVOICES}/{draft}", {"properties": {"hs_invoice_status": "voided"}}, 400)
    api.delete(f"{INVOICES}/{draft}")
    in_order(books)


def test_a_draft_follows_its_lines(api: Api, books: World) -> None:
    ada, seat = api.make("contacts", firstname="Ada"), line(api)
    draft = api.make("invoices", [tie(ada, 177), tie(seat, 409)], hs_currency="NOK")
    path = f"{INVOICES}/{draft}?properties=hs_amount_billed"

    api.patch(f"{LINES}/{seat}", {"properties": {"quantity": "3", "price": "9.99"}})
    assert api.get(path)["properties"]["hs_amount_billed"] == "29.97"
    in_order(books)
    api.delete(f"{LINES}/{seat}")
    assert api.get(path)["properties"]["hs_amount_billed"] == "0.00"
    in_order(books)


def test_a_payment_made_elsewhere_is_a_record_that_may_change_and_go(api: Api, books: World) -> None:
    paid = {
        "hs_initial_amount": "99.90",
        "hs_initiated_date": "2025-12-24T10:00:00Z",
        "hs_currency_code": "NOK",
    }
    id_ = api.make("commerce_payments", **paid)
    shown = api.patch(
        f"{PAYMENTS}/{id_}", {"properties": {"hs_initial_amount": "89.90", "hs_latest_status": "refunded"}}
    )
    assert shown["properties"]["hs_initial_amount"] == "89.90"
    in_order(books)
    api.delete(f"{PAYMENTS}/{id_}")
    in_order(books)


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({"hs_initial_amount": "201"}, "does not fit"),
        ({"hs_latest_status": "processing"}, "succeeded"),
        ({"hs_currency_code": "NOK"}, "in NOK"),
        ({"hs_initial_amount": "0"}, "does not fit"),
    ],
)
def test_a_payment_that_does_not_fit_its_invoice_is_not_made(
    api: Api, books: World, properties: dict[str, str], why: str
) -> None:
    ada = api.make("contacts", firstname="Ada")
    invoice = api.make("invoices", [tie(ada, 177), tie(line(api), 409)], hs_currency="EUR")
    api.patch(f"{INVOICES}/{invoice}", {"properties": {"hs_invoice_status": "open"}})
    paid = {"hs_initial_amount": "200", "hs_initiated_date": "2026-01-01", **properties}

    answer = api.post(PAYMENTS, {"properties": paid, "associations": [tie(invoice, 542)]}, 400)

    assert why in answer["message"]
    assert api.get(PAYMENTS)["results"] == []
    in_order(books)


def test_what_the_processor_made_is_neither_changed_nor_deleted(api: Api, books: World) -> None:
    enter_account(books.db, books.ctx.id)
    kari = books.customer()
    books.subscribe(kari, method=books.method(kari))
    books.until("2026-01-02")
    (payment,) = api.get(PAYMENTS)["results"]

    refused = api.patch(f"{PAYMENTS}/{payment['id']}", {"properties": {"hs_latest_status": "refunded"}}, 400)
    assert "made by the processor" in refused["message"]
    assert api.ask("DELETE", f"{PAYMENTS}/{payment['id']}").status_code == 400
    assert (
        api.post(f"{PAYMENTS}/batch/archive", {"inputs": [{"id": payment["id"]}]}, 400)["category"]
        == "VALIDATION_ERROR"
    )
    in_order(books)


@pytest.mark.parametrize(
    "properties",
    [
        {"hs_initial_amount": "-1"},
        {"hs_refunds_amount": "100"},
        {"hs_fees_amount": "-5"},
        {"hs_net_amount": "5"},
        {"hs_payment_id": "7"},
        {"hs_latest_status": "lost"},
    ],
)
def test_payments_that_cannot_be(api: Api, properties: dict[str, str]) -> None:
    paid = {"hs_initial_amount": "50", "hs_initiated_date": "2026-01-01", **properties}
    assert api.post(PAYMENTS, {"properties": paid}, 400)["errors"]
