"""Payment links and discount codes."""

from __future__ import annotations

from kalends.api.openapi.described.examples import DISCOUNT_CODE, LINE_ITEM, MOMENT, PAYMENT_LINK
from kalends.api.openapi.terms import (
    AFTER,
    ARCHIVED,
    GIVEN_ID,
    ID,
    Operation,
    array,
    day,
    flag,
    limit,
    listed,
    mapping,
    moment,
    number,
    of,
    or_null,
    page,
    ref,
    shape,
    text,
)

_METHODS = ["CREDIT_OR_DEBIT_CARD", "ACH", "SEPA", "BACS", "PADS"]
_LINK = {
    "id": PAYMENT_LINK,
    "paymentLinkName": "Fleet, monthly",
    "paymentLinkUrl": "https://billing.example.com/buy/7/3f0c6a0e-9d0b-4b55-8e0a-6f5a3ad5f9b1",
    "state": "ACTIVE",
    "currencyCode": "EUR",
    "acceptedPaymentMethods": ["CREDIT_OR_DEBIT_CARD"],
    "additionalFormFields": [],
    "collectFullBillingAddress": False,
    "collectShippingAddress": False,
    "collectTaxId": False,
    "completedPurchaseCount": 0,
    "dealConfigurations": None,
    "discountCodeEnabled": True,
    "expirationSettings": None,
    "isOneTimeUseEnabled": False,
    "language": None,
    "lineItemObjectIds": ["1012001"],
    "checkoutText": None,
    "successUrl": None,
    "ownerId": None,
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
    "archived": False,
}
_NEW_LINK = {
    "paymentLinkName": "Fleet, monthly",
    "currencyCode": "EUR",
    "acceptedPaymentMethods": ["CREDIT_OR_DEBIT_CARD"],
    "lineItems": [
        {
            "mode": "CUSTOM",
            "properties": {
                "name": "Plan",
                "price": "49",
                "quantity": "1",
                "recurringbillingfrequency": "monthly",
            },
        },
        {"mode": "CLONE", "lineItemId": LINE_ITEM, "properties": {"price": "99"}},
    ],
}
_CODE = {
    "id": DISCOUNT_CODE,
    "code": "SPRING25",
    "label": None,
    "kind": "percent",
    "percent": "25",
    "amount": None,
    "currency": None,
    "active": True,
    "uses": 0,
    "usesMax": 100,
    "expiresOn": None,
    "createdAt": MOMENT,
}
_FIELD = ("text", "number", "date", "choice", "checkbox")
_WRITABLE = {
    "acceptedPaymentMethods": or_null(array(text(enum=_METHODS), "Null: every method of the processor.")),
    "additionalFormFields": or_null(array(ref("PaymentLinkField"), "Further questions to the buyer.")),
    "collectFullBillingAddress": flag(),
    "collectShippingAddress": flag(),
    "collectTaxId": flag(),
    "dealConfigurations": or_null(ref("PaymentLinkDeal")),
    "discountCodeEnabled": flag("Whether buyers may give a discount code."),
    "expirationSettings": or_null(ref("PaymentLinkExpiration")),
    "isOneTimeUseEnabled": flag("Whether the link stops working after the first purchase."),
    "language": or_null(text("Of the checkout; null: the buyer's own.")),
    "checkoutText": or_null(text("Stands below the total.")),
    "successUrl": or_null(text("Where the receipt leads on to; https.")),
    "ownerId": or_null(text("A user of the account.")),
    "lineItemObjectIds": array(GIVEN_ID, "Line items that are copied."),
    "lineItems": array(ref("PaymentLinkLine"), "Behind those of lineItemObjectIds."),
    "state": text("To switch it.", enum=["ACTIVE", "INACTIVE"]),
}

COMPONENTS = {
    "PaymentLinkField": shape(
        {"name": text("What the answer is kept under."), "label": text("The question.")},
        {
            "fieldType": text(enum=list(_FIELD)),
            "required": flag(),
            "options": array(text(), "Of a choice."),
        },
    ),
    "PaymentLinkDeal": shape(
        {},
        {
            "createDeal": or_null(flag("Whether a purchase makes a deal; null: as the account decided.")),
            "pipelineId": or_null(text()),
            "stageId": or_null(text()),
        },
        description="A repeat payment never makes a deal.",
    ),
    "PaymentLinkExpiration": shape({}, {"expirationDate": day("The last day on which somebody can buy.")}),
    "PaymentLinkLine": shape(
        {},
        {
            "mode": text(
                "How the line is made; CUSTOM where nothing is said.",
                enum=["CUSTOM", "FROM_PRODUCT", "CLONE"],
            ),
            "productId": GIVEN_ID,
            "lineItemId": GIVEN_ID,
            "properties": mapping(
                of(["string", "number", "boolean", "null"]), "Of a line item; they win over what is copied."
            ),
        },
    ),
    "NewPaymentLink": shape(
        {"paymentLinkName": text(), "currencyCode": text()}, _WRITABLE, example=_NEW_LINK
    ),
    "PaymentLinkChange": shape({}, {"paymentLinkName": text(), **_WRITABLE}),
    "PaymentLinkResource": shape(
        {
            "id": ID,
            "paymentLinkName": text(),
            "paymentLinkUrl": text("Where customers buy."),
            "state": text(enum=["ACTIVE", "INACTIVE", "EXPIRED", "USED", "ARCHIVED"]),
            "currencyCode": text(),
            "acceptedPaymentMethods": array(text(enum=_METHODS)),
            "additionalFormFields": array(ref("PaymentLinkField")),
            "collectFullBillingAddress": flag(),
            "collectShippingAddress": flag(),
            "collectTaxId": flag(),
            "completedPurchaseCount": number("Checkouts that were paid."),
            "dealConfigurations": or_null(ref("PaymentLinkDeal")),
            "discountCodeEnabled": flag(),
            "expirationSettings": or_null(ref("PaymentLinkExpiration")),
            "isOneTimeUseEnabled": flag(),
            "language": or_null(text()),
            "lineItemObjectIds": array(ID, "The link's own line items, in their order."),
            "checkoutText": or_null(text()),
            "successUrl": or_null(text()),
            "ownerId": or_null(ID),
            "createdAt": moment(),
            "updatedAt": moment(),
            "archived": flag(),
        },
        {"archivedAt": moment()},
        example=_LINK,
    ),
    "PaymentLinkResourcePage": page("PaymentLinkResource", example={"results": [_LINK]}),
    "NewDiscountCode": shape(
        {"code": text("What buyers type."), "kind": text(enum=["percent", "fixed"])},
        {
            "percent": of(["string", "number", "null"], "Above 0 and below 100; of kind percent."),
            "amount": of(["string", "number", "null"], "Without tax; of kind fixed."),
            "currency": or_null(text("Of the amount.")),
            "label": or_null(text("For staff.")),
            "usesMax": or_null(number("Uses at most; null: any number.", minimum=1)),
            "expiresOn": or_null(day("The last day.")),
        },
    ),
    "DiscountCodeChange": shape({}, {"active": flag()}),
    "DiscountCode": shape(
        {
            "id": ID,
            "code": text(),
            "label": or_null(text()),
            "kind": text(enum=["percent", "fixed"]),
            "percent": or_null(text()),
            "amount": or_null(text()),
            "currency": or_null(text()),
            "active": flag(),
            "uses": number("Checkouts that were paid with it."),
            "usesMax": or_null(number()),
            "expiresOn": or_null(day()),
            "createdAt": moment(),
        },
        example=_CODE,
    ),
    "DiscountCodeList": listed("DiscountCode", example={"results": [_CODE]}),
}

_BETA = "2026-09-beta"
OPERATIONS = (
    Operation("payment_links.read_list", "listPaymentLinks", "Selling", {200: "PaymentLinkResourcePage"}, version=_BETA,
        query=(limit(10, 100), AFTER, ARCHIVED)),
    Operation("payment_links.create", "createPaymentLink", "Selling", {201: "PaymentLinkResource"}, version=_BETA,
        body="NewPaymentLink", example=_NEW_LINK,
        description="At least one line item is needed. What is named or cloned is copied and stays where it was."),
    Operation("payment_links.read_one", "readPaymentLink", "Selling", {200: "PaymentLinkResource"}, version=_BETA,
        path={"id": PAYMENT_LINK}, query=(ARCHIVED,)),
    Operation("payment_links.update", "updatePaymentLink", "Selling", {200: "PaymentLinkResource"}, version=_BETA,
        path={"id": PAYMENT_LINK}, body="PaymentLinkChange", example={"state": "INACTIVE"}),
    Operation("payment_links.archive", "archivePaymentLink", "Selling", {204: ""}, version=_BETA,
        path={"id": PAYMENT_LINK}),
    Operation("discount_codes.read_list", "listDiscountCodes", "Selling", {200: "DiscountCodeList"}, version="v1"),
    Operation("discount_codes.create", "createDiscountCode", "Selling", {201: "DiscountCode"}, version="v1",
        body="NewDiscountCode", example={"code": "AUTUMN10", "kind": "percent", "percent": "10"}),
    Operation("discount_codes.read_one", "readDiscountCode", "Selling", {200: "DiscountCode"}, version="v1",
        path={"id": DISCOUNT_CODE}),
    Operation("discount_codes.switch", "switchDiscountCode", "Selling", {200: "DiscountCode"}, version="v1",
        path={"id": DISCOUNT_CODE}, body="DiscountCodeChange", example={"active": False}),
)  # fmt: skip
