"""Edits over the API: looked at before they are made, prorated for what was offered, refused when they cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Api, in_order
from tests.world import World

OURS = "/kalends/v1"


def line_of(books: World, subscription: int) -> str:
    return str(
        books.one(
            "SELECT id FROM line_item WHERE parent_type = 'subscription' AND parent_id = %s AND until_cycle IS NULL",
            subscription,
        )[0]
    )


def test_a_preview_shows_the_next_invoices_before_and_after_an_edit_and_changes_nothing(
    api: Api, books: World, active: int
) -> None:
    line = line_of(books, active)
    before = books.one("SELECT count(*), max(id) FROM event")

    shown = api.post(
        f"{OURS}/subscriptions/{active}/preview",
        {
            "lines": [
                {"id": line, "properties": {"quantity": "3"}},
                {"properties": {"name": "Support", "price": "25.50"}},
            ]
        },
        200,
    )

    assert (shown["id"], shown["currency"], shown["prorated"]) == (str(active), "EUR", None)
    assert len(shown["before"]) == len(shown["after"]) == 12
    assert shown["before"][0] == {
        "payment": 2,
        "dueDate": "2026-02-01",
        "total": "100.00 EUR",
        "totalMinor": 10_000,
        "creditMinor": 0,
    }
    assert [each["totalMinor"] for each in shown["after"]] == [32_550] * 12
    assert books.one("SELECT count(*), max(id) FROM event") == before
    in_order(books)


def test_a_replaced_line_keeps_what_the_edit_does_not_say(api: Api, books: World) -> None:
    customer = books.customer()
    id_ = books.subscribe(customer, tax="25", start=books.ctx.today, method=books.method(customer))
    books.until("2026-01-02")

    shown = api.post(
        f"{OURS}/subscriptions/{id_}/preview",
        {"lines": [{"id": line_of(books, id_), "properties": {"hs_discount_percentage": "10"}}]},
        200,
    )

    assert shown["before"][0]["totalMinor"] == 12_500
    assert shown["after"][0]["totalMinor"] == 11_250


def test_a_line_made_of_a_product_takes_over_what_it_does_not_say(
    api: Api, books: World, active: int
) -> None:
    product = api.make("products", name="Support", price="25", hs_sku="SUP-1")
    body = {"lines": [{"properties": {"hs_product_id": product, "quantity": "2", "description": "By phone"}}]}

    api.post(f"{OURS}/subscriptions/{active}/edit", body, 200)

    query = "SELECT name, sku, description, product_id, quantity FROM line_item WHERE parent_id = %s AND from_cycle > 0"
    assert books.one(query, active) == ("Support", "SUP-1", "By phone", int(product), 2)
    in_order(books)


def test_a_preview_may_move_the_day_and_take_a_line_away(api: Api, books: World, active: int) -> None:
    body = {
        "lines": [
            {"id": int(line_of(books, active)), "remove": True},
            {"properties": {"name": "Support", "price": 25}},
        ],
        "nextDueDate": "2026-03-15",
        "name": "Support alone",
    }

    after = api.post(f"{OURS}/subscriptions/{active}/preview", body, 200)["after"]

    assert [(each["dueDate"], each["totalMinor"]) for each in after[:2]] == [
        ("2026-03-15", 2_500),
        ("2026-04-15", 2_500),
    ]


def test_a_prorated_preview_says_what_is_charged_today_and_how_and_makes_an_offer(
    api: Api, books: World, active: int
) -> None:
    books.until("2026-01-16")
    body = {"lines": [{"properties": {"name": "Support", "price": "31"}}], "prorate": True}

    first = api.post(f"{OURS}/subscriptions/{active}/preview", body, 200)["prorated"]
    again = api.post(f"{OURS}/subscriptions/{active}/preview", body, 200)["prorated"]

    assert (first["on"], first["invoiceMinor"], first["owedMinor"]) == ("2026-01-16", 1_600, 1_600)
    assert first["amounts"][0]["how"] == "31.00 EUR x 16 of 31 days = 16.00 EUR"
    assert len(first["offer"]) == 64
    assert first["offer"] == again["offer"]
    assert len(books.invoices(active, "id")) == 1
    in_order(books)


@pytest.mark.parametrize(
    "body",
    [
        {"lines": 7},
        {"lines": [7]},
        {"lines": [{}]},
        {"lines": [{"properties": {"colour": "blue"}}]},
        {"lines": [{"properties": {"name": "A", "price": "1", "recurringbillingfrequency": "weekly"}}]},
        {"lines": [{"properties": {"name": "A", "price": "much"}}]},
        {"lines": [{"properties": {"name": "A", "price": "1" * 400}}]},
        {"lines": [{"properties": {"name": "A", "price": "1", "quantity": "-1e400"}}]},
        {"lines": [{"properties": {"name": "A\x00", "price": "1"}}]},
        {"lines": [{"id": "1", "properties": {"price": "1"}}]},
        {"lines": [{"id": "abc", "remove": True}]},
        {"lines": [{"id": "1", "remove": True}]},
        {"lines": [{"remove": True}]},
        {"lines": [{"id": 1, "remove": True, "properties": {}}]},
        {"lines": [{"properties": {"name": "A", "price": "1"}}] * 101},
        {"nextDueDate": "soon"},
        {"nextDueDate": "2025-01-01"},
        {"nextDueDate": "9999-12-31"},
        {"contactId": "1"},
        {"contactId": -1},
        {"contactId": 10**18},
        {"paymentMethodId": "1"},
        {"paymentMethodId": {}},
        {"name": ""},
        {"name": "\x00"},
        {"prorate": "maybe"},
        {"colour": "blue"},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_an_edit_that_cannot_be_is_refused_in_its_preview(
    api: Api, active: int, body: dict[str, Any]
) -> None:
    answer = api.post(f"{OURS}/subscriptions/{active}/preview", body, 400)

    assert answer["category"] == "VALIDATION_ERROR"


def test_a_subscription_that_has_ended_has_no_preview(api: Api, active: int) -> None:
    api.post(f"/payments-subscriptions/v1/subscriptions/crm/{active}/cancel", None, 200)

    answer = api.post(
        f"{OURS}/subscriptions/{active}/preview",
        {"lines": [{"properties": {"name": "A", "price": "1"}}]},
        400,
    )

    assert "canceled" in answer["message"]


def test_the_next_invoices_can_be_seen_without_an_edit(api: Api, active: int) -> None:
    shown = api.post(f"{OURS}/subscriptions/{active}/preview", None, 200)
    assert shown["before"] == shown["after"]
    assert len(shown["after"]) == 12

    api.post(f"/payments-subscriptions/v1/subscriptions/crm/{active}/pause", None, 200)
    assert api.post(f"{OURS}/subscriptions/{active}/preview", None, 200)["after"] == []


def test_an_edit_is_made_as_it_was_shown(api: Api, books: World, active: int) -> None:
    body = {"lines": [{"properties": {"name": "Support", "price": "25"}}], "name": "Gold and more"}
    shown = api.post(f"{OURS}/subscriptions/{active}/preview", body, 200)

    assert api.post(f"{OURS}/subscriptions/{active}/edit", body, 200) == shown

    books.until("2026-02-02")
    assert books.invoices(active, "total_minor") == [10_000, 12_500]
    assert books.subscription(active, "name") == "Gold and more"
    in_order(books)


def test_a_prorated_edit_is_made_for_what_was_offered_and_for_nothing_else(
    api: Api, books: World, active: int
) -> None:
    books.until("2026-01-16")
    body = {"lines": [{"properties": {"name": "Support", "price": "31"}}], "prorate": True}
    offer = api.post(f"{OURS}/subscriptions/{active}/preview", body, 200)["prorated"]["offer"]

    api.post(f"{OURS}/subscriptions/{active}/edit", body, 400)
    api.post(f"{OURS}/subscriptions/{active}/edit", {**body, "offer": "x"}, 409)
    dearer = [{"properties": {"name": "Support", "price": "32"}}]
    api.post(f"{OURS}/subscriptions/{active}/edit", {**body, "lines": dearer, "offer": offer}, 409)
    assert len(books.invoices(active, "id")) == 1
    made = api.post(f"{OURS}/subscriptions/{active}/edit", {**body, "offer": offer}, 200)

    api.get(f"/crm/v3/objects/invoices/{made['prorated']['invoiceId']}")
    books.until("2026-01-17")
    assert books.invoices(active, "total_minor", "status") == [(10_000, "paid"), (1_600, "paid")]
    in_order(books)


def test_the_payment_method_alone_may_be_changed_while_a_charge_has_failed(api: Api, books: World) -> None:
    customer = books.customer()
    id_ = books.subscribe(
        customer, start=books.ctx.today, method=books.method(customer, "insufficient_funds")
    )
    books.until("2026-01-02")
    assert books.subscription(id_, "status") == "unpaid"
    better = books.method(customer)

    for path in ("preview", "edit"):
        api.post(f"{OURS}/subscriptions/{id_}/{path}", {"paymentMethodId": str(better)}, 200)
        api.post(f"{OURS}/subscriptions/{id_}/{path}", {"paymentMethodId": "1"}, 400)

    assert books.subscription(id_, "payment_method_id") == better
    in_order(books)


@pytest.mark.parametrize(
    "body", [{}, {"lines": []}, {"offer": "x"}, {"offer": 7, "name": "A"}, {"prorate": True}]
)
def test_an_edit_of_nothing_is_refused(api: Api, active: int, body: dict[str, Any]) -> None:
    api.post(f"{OURS}/subscriptions/{active}/edit", body, 400)
