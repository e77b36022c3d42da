"""The account of a token, and its users."""

from __future__ import annotations

from kalends.api.openapi.described.examples import MOMENT, OWNER
from kalends.api.openapi.terms import (
    AFTER,
    ARCHIVED,
    ID,
    Operation,
    array,
    flag,
    limit,
    mapping,
    moment,
    number,
    or_null,
    page,
    parameter,
    shape,
    text,
)

_OWNER = {
    "id": OWNER,
    "email": "olive@example.com",
    "type": "PERSON",
    "firstName": "Olive",
    "lastName": "Owner",
    "userId": 1009,
    "userIdIncludingInactive": 1009,
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
    "archived": False,
    "teams": [{"id": "1", "name": "Sales", "primary": True}],
}

COMPONENTS = {
    "Owner": shape(
        {
            "id": ID,
            "email": text(),
            "type": text(enum=["PERSON"]),
            "firstName": text(),
            "lastName": text(),
            "userId": or_null(number("Null for somebody who can no longer sign in.")),
            "userIdIncludingInactive": number(),
            "createdAt": moment(),
            "updatedAt": moment(),
            "archived": flag(),
        },
        {"teams": array(shape({"id": ID, "name": text(), "primary": flag()}))},
        example=_OWNER,
    ),
    "OwnerPage": page("Owner", example={"results": [_OWNER]}),
    "AccountDetails": shape(
        {
            "portalId": number("The account's number."),
            "accountType": text(enum=["STANDARD", "SANDBOX"]),
            "timeZone": text(),
            "companyCurrency": text("In ISO 4217."),
            "additionalCurrencies": array(text()),
            "utcOffset": text("Of this moment, such as +02:00."),
            "utcOffsetMilliseconds": number(),
            "uiDomain": text(),
            "dataHostingLocation": text(),
        },
        example={
            "portalId": 7,
            "accountType": "SANDBOX",
            "timeZone": "Europe/Oslo",
            "companyCurrency": "EUR",
            "additionalCurrencies": ["NOK", "USD"],
            "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3_600_000,
            "uiDomain": "billing.example.com",
            "dataHostingLocation": "self-hosted",
        },
    ),
    "SchemaList": shape({"results": array(mapping({}), maxItems=0)}, example={"results": []}),
}

OPERATIONS = (
    Operation("account.read_details", "readAccount", "Account", {200: "AccountDetails"}),
    Operation("account.list_schemas", "listSchemas", "Account", {200: "SchemaList"}),
    Operation("owners.list_owners", "listOwners", "Account", {200: "OwnerPage"},
        query=(parameter("email", text(), "Only the user with this address."), limit(100, 500), AFTER, ARCHIVED)),
    Operation("owners.read_owner", "readOwner", "Account", {200: "Owner"}, path={"owner": OWNER},
        query=(parameter("idProperty", text(enum=["id", "userId"], default="id"), "Both are the same number."),
               ARCHIVED)),
)  # fmt: skip
