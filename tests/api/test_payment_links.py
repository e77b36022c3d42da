"""Payment links and discount codes over HTTP, as HubSpot's payment links API shows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from kalends.accounts.context import AccountContext
from tests.api.conftest import Api, NewApi
from tests.conftest import AnyConnection

LINKS = "/commerce/payment-links/2026-09-beta/payment-links"
CODES = "/kalends/v1/discount-codes"
PLAN = {
    "mode": "CUSTOM",
    "properties": {"name": "Plan", "price": "49", "recurringbillingfrequency": "monthly"},
}


def new(account: AccountContext, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "paymentLinkName": "Fleet",
        "currencyCode": account.currency,
        "lineItems": list(lines) or [PLAN],
        **more,
    }


def line(api: Api, id_: str) -> dict[str, Any]:
    names = (
        "name,price,quantity,recurringbillingfrequency,hs_recurring_billing_period,hs_line_item_currency_code"
    )
    return api.get(f"/crm/v3/objects/line_items/{id_}?properties={names}")["properties"]


def test_a_link_is_made_read_and_listed_in_one_shape(api: Api, account: AccountContext) -> None:
    made = api.post(LINKS, new(account))

    assert api.get(f"{LINKS}/{made['id']}") == made
    assert made in api.get(f"{LINKS}?limit=100")["results"]
    assert (made["paymentLinkName"], made["state"], made["currencyCode"]) == (
        "Fleet",
        "ACTIVE",
        account.currency,
    )
    assert made["acceptedPaymentMethods"] == ["CREDIT_OR_DEBIT_CARD", "ACH", "SEPA", "BACS", "PADS"]
    address, _, key = made["paymentLinkUrl"].rpartition("/")
    assert address.endswith(f"/buy/{account.id}")
    assert UUID(key).version == 4
    assert line(api, made["lineItemObjectIds"][0])["price"] == "49"


def test_every_option_comes_back_as_it_was_given(api: Api, account: AccountContext) -> None:
    wanted = {
        "acceptedPaymentMethods": ["SEPA"],
        "additionalFormFields": [
            {
                "name": "plate",
                "label": "Plate?",
                "fieldType": "choice",
                "required": True,
                "options": ["A", "B"],
            }
        ],
        "collectFullBillingAddress": True,
        "collectShippingAddress": True,
        "collectTaxId": True,
        "dealConfigurations": {"createDeal": True, "pipelineId": "default", "stageId": "closedwon"},
        "discountCodeEnabled": False,
        "expirationSettings": {"expirationDate": "2199-12-31"},
        "isOneTimeUseEnabled": True,
        "language": "fi",
        "checkoutText": "No refunds.",
        "successUrl": "https://shop.example/thanks",
    }

    made = api.post(LINKS, new(account, **wanted))

    assert {name: made[name] for name in wanted} == wanted


def test_line_items_are_written_out_made_of_products_and_cloned(api: Api, account: AccountContext) -> None:
    product = api.make("products", name="Sensor", price="30", recurringbillingfrequency="annually")
    other = api.make("line_items", name="Trailer", price="400", quantity="2")

    made = api.post(
        LINKS,
        new(
            account,
            PLAN,
            {"mode": "FROM_PRODUCT", "productId": product, "properties": {"quantity": "3"}},
            {"mode": "CLONE", "lineItemId": other},
            lineItemObjectIds=[other],
        ),
    )

    ids = made["lineItemObjectIds"]
    told = [line(api, each) for each in ids]
    assert [each["name"] for each in told] == ["Trailer", "Plan", "Sensor", "Trailer"]
    assert (told[2]["price"], told[2]["quantity"], told[2]["recurringbillingfrequency"]) == (
        "30",
        "3",
        "annually",
    )
    assert other not in ids, "a line item has one parent: it is copied"


def test_a_product_without_a_price_in_the_links_currency_is_refused(
    api: Api, account: AccountContext, db: AnyConnection
) -> None:
    other = "USD" if account.currency != "USD" else "EUR"
    db.execute(
        "INSERT INTO enabled_currency (account_id, code) VALUES (%s, %s) "
        "ON CONFLICT ON CONSTRAINT enabled_currency_once DO NOTHING",
        [account.id, other],
    )
    product = api.make("products", name="Sensor", price="30")
    wanted = {
        "paymentLinkName": "Abroad",
        "currencyCode": other,
        "lineItems": [{"mode": "FROM_PRODUCT", "productId": product}],
    }

    refused = api.post(LINKS, wanted, 400)
    assert f"has no price in {other}" in refused["message"]

    api.patch(f"/crm/v3/objects/products/{product}", {"properties": {f"hs_price_{other.lower()}": "33.50"}})
    made = api.post(LINKS, wanted)
    assert line(api, made["lineItemObjectIds"][0])["price"] == "33.5"


def test_a_product_has_a_price_for_each_currency_of_the_account(
    api: Api, account: AccountContext, db: AnyConnection
) -> None:
    db.execute(
        "INSERT INTO enabled_currency (account_id, code) VALUES (%s, 'SEK') "
        "ON CONFLICT ON CONSTRAINT enabled_currency_once DO NOTHING",
        [account.id],
    )

    told = api.get("/crm/v3/properties/products/hs_price_sek")

    assert (told["type"], told["label"]) == ("number", "Unit price, SEK")


def test_a_change_touches_only_what_it_names(api: Api, account: AccountContext) -> None:
    made = api.post(LINKS, new(account, successUrl="https://shop.example/", isOneTimeUseEnabled=True))

    changed = api.patch(f"{LINKS}/{made['id']}", {"paymentLinkName": "Fleet 2", "successUrl": None})

    assert (changed["paymentLinkName"], changed["successUrl"]) == ("Fleet 2", None)
    assert changed["isOneTimeUseEnabled"] is True
    assert changed["lineItemObjectIds"] == made["lineItemObjectIds"]
    assert changed["paymentLinkUrl"] == made["paymentLinkUrl"]


def test_line_items_that_are_given_replace_all_that_were_there(api: Api, account: AccountContext) -> None:
    made = api.post(LINKS, new(account))

    changed = api.patch(
        f"{LINKS}/{made['id']}", {"lineItems": [{"properties": {"name": "Once", "price": "5"}}]}
    )

    assert [line(api, each)["name"] for each in changed["lineItemObjectIds"]] == ["Once"]


def test_a_link_is_switched_off_and_on_and_archived(api: Api, account: AccountContext) -> None:
    link = api.post(LINKS, new(account))["id"]

    assert api.patch(f"{LINKS}/{link}", {"state": "INACTIVE"})["state"] == "INACTIVE"
    assert api.patch(f"{LINKS}/{link}", {"state": "active"})["state"] == "ACTIVE"
    api.delete(f"{LINKS}/{link}")
    api.delete(f"{LINKS}/{link}")
    api.get(f"{LINKS}/{link}", 404)
    assert api.get(f"{LINKS}/{link}?archived=true")["state"] == "ARCHIVED"
    api.patch(f"{LINKS}/{link}", {"paymentLinkName": "x"}, 404)


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"currencyCode": "XXX"}, "currencyCode"),
        ({"lineItems": []}, "lines"),
        ({"lineItems": [{"mode": "STOLEN"}]}, "lineItems[0].mode"),
        ({"lineItems": [{"mode": "CLONE", "lineItemId": "x"}]}, "lineItems[0].lineItemId"),
        ({"lineItemObjectIds": ["999999999"]}, "line 1, line item"),
        ({"acceptedPaymentMethods": ["CASH"]}, "allowed_payment_methods"),
        ({"successUrl": "javascript:alert(1)"}, "redirect_url"),
        ({"expirationSettings": {"expirationDate": "soon"}}, "expirationSettings.expirationDate"),
        ({"state": "GONE"}, "state"),
        ({"additionalFormFields": [{"name": "a b", "label": "x"}]}, "custom_fields, question 1"),
        ({"dealConfigurations": {"stageId": "nowhere"}}, "deal_stage"),
        ({"ownerId": "me"}, "ownerId"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    api: Api, account: AccountContext, more: dict[str, Any], where: str
) -> None:
    refused = api.post(LINKS, {**new(account), **more}, 400)

    assert where in [each.get("in") for each in refused["errors"]], refused


def test_a_name_and_a_currency_are_required(api: Api) -> None:
    refused = api.post(LINKS, {"lineItems": [PLAN]}, 400)

    assert {each["in"] for each in refused["errors"]} == {"paymentLinkName", "currencyCode"}


def test_pages_go_on_where_the_last_one_ended(api: Api, account: AccountContext) -> None:
    made = [api.post(LINKS, new(account))["id"] for _ in range(3)]

    first = api.get(f"{LINKS}?limit=2&after={int(made[0]) - 1}")
    second = api.get(f"{LINKS}?limit=2&after={first['paging']['next']['after']}")

    assert [each["id"] for each in (*first["results"], *second["results"])] == made


def test_links_are_records_of_the_catalogue_as_well(api: Api, account: AccountContext) -> None:
    link = api.post(LINKS, new(account))["id"]

    told = api.get(
        f"/crm/v3/objects/payment_links/{link}?properties=hs_state,hs_amount&associations=line_items"
    )
    found = api.post(
        "/crm/v3/objects/payment_links/search",
        {"filterGroups": [{"filters": [
            {"propertyName": "hs_object_id", "operator": "EQ", "value": link}]}]},
        200,
    )  # fmt: skip

    assert (told["properties"]["hs_state"], told["properties"]["hs_amount"]) == ("active", "49.00")
    assert found["total"] == 1


def test_scopes_guard_reading_and_writing(another: NewApi, account: AccountContext, api: Api) -> None:
    link = api.post(LINKS, new(account))["id"]
    reader = another(account, "crm.objects.payment_links.read")

    reader.get(f"{LINKS}/{link}")
    reader.patch(f"{LINKS}/{link}", {"paymentLinkName": "x"}, 403)
    reader.delete(f"{LINKS}/{link}", 403)
    another(account, "crm.objects.contacts.read").get(LINKS, 403)


def test_discount_codes_are_made_listed_and_switched(api: Api) -> None:
    made = api.post(CODES, {"code": "SPRING25", "kind": "percent", "percent": "25", "usesMax": 5})
    fixed = (
        api.post(CODES, {"code": "TEN", "kind": "fixed", "amount": 10.5, "currency": "EUR"}, 201)
        if (_bills_in_euro(api))
        else None
    )

    assert (made["percent"], made["active"], made["uses"], made["usesMax"]) == ("25", True, 0, 5)
    assert fixed is None or fixed["amount"] == "10.50"
    assert api.patch(f"{CODES}/{made['id']}", {"active": False})["active"] is False
    assert made["id"] in [each["id"] for each in api.get(CODES)["results"]]
    refused = api.post(CODES, {"code": "spring25", "kind": "percent", "percent": "10"}, 400)
    assert refused["errors"][0]["in"] == "code"
    api.post(CODES, {"code": "ALL", "kind": "percent", "percent": "100"}, 400)
    api.get(f"{CODES}/999999999", 404)


def _bills_in_euro(api: Api) -> bool:
    told = api.get("/account-info/v3/details")
    return "EUR" in (told["companyCurrency"], *told["additionalCurrencies"])
