"""What may be written into properties, and how each mistake is told: by property, value and code, all at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kalends.accounts.change import change_settings
from kalends.accounts.context import AccountContext
from kalends.accounts.people import add_member, add_user
from kalends.accounts.sql import enter_account
from tests.api.conftest import Api
from tests.conftest import AnyConnection


def problems(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """The property and the code of everything that is wrong."""
    assert answer["category"] == "VALIDATION_ERROR"
    return [(each["context"]["propertyName"][0], each["code"]) for each in answer["errors"]]


def written(api: Api, kind: str, **properties: Any) -> dict[str, Any]:
    """The properties of a new record as a read shows them."""
    id_ = api.make(kind, **properties)
    names = ",".join(properties)
    return api.get(f"/crm/v3/objects/{kind}/{id_}?properties={names}")["properties"]


def test_everything_that_is_wrong_with_a_record_is_told_at_once(api: Api) -> None:
    properties = {
        "email": "not an address",
        "colour": "blue",
        "hs_language": "klingon",
        "hs_email_optout": "maybe",
        "createdate": "2026-01-01",
        "hubspot_owner_id": "999",
        "associatedcompanyid": 7,
        "firstname": "Ada",
    }

    answer = api.post("/crm/v3/objects/contacts", {"properties": properties}, 400)

    assert sorted(problems(answer)) == [
        ("associatedcompanyid", "READ_ONLY_VALUE"),
        ("colour", "PROPERTY_DOESNT_EXIST"),
        ("createdate", "READ_ONLY_VALUE"),
        ("email", "INVALID_EMAIL"),
        ("hs_email_optout", "INVALID_OPTION"),
        ("hs_language", "INVALID_OPTION"),
        ("hubspot_owner_id", "INVALID_OPTION"),
    ]
    head, _, told = answer["message"].partition(": ")
    assert head == "Property values were not valid"
    assert {each["name"] for each in json.loads(told)} == {name for name, _ in problems(answer)}
    assert all(each["isValid"] is False and each["portalId"] for each in json.loads(told))
    assert api.get("/crm/v3/objects/contacts")["results"] == []


def test_what_a_new_record_needs_is_told_by_name(api: Api) -> None:
    answer = api.post(
        "/crm/v3/objects/commerce_payments", {"properties": {"hs_customer_email": "a@b.no"}}, 400
    )

    assert answer["message"] == "Error creating COMMERCE_PAYMENT. Some required properties were not set."
    assert answer["context"] == {"properties": ["hs_initial_amount", "hs_initiated_date"]}
    assert {code for _, code in problems(answer)} == {"REQUIRED_FIELD"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("250.50", "250.5"),
        (250.5, "250.5"),
        ("0", "0"),
        (7, "7"),
        ("-0.000001", "-0.000001"),
        ("123456789012345678.123456", "123456789012345678.123456"),
        (" 12 ", "12"),
        (".5", "0.5"),
    ],
)
def test_numbers_are_kept_exactly(api: Api, value: Any, shown: str) -> None:
    assert written(api, "companies", name="One", annualrevenue=value)["annualrevenue"] == shown


@pytest.mark.parametrize(
    "value",
    [
        "ten",
        "1e5",
        "1_000",
        "1,5",
        "0x10",
        "1.2.3",
        "NaN",
        "Infinity",
        True,
        "٣",
        "--1",
        "9" * 30,
        "0.0000001",
        "1" * 70_000,
    ],
)
def test_what_is_no_number_is_refused(api: Api, value: Any) -> None:
    body = {"properties": {"name": "One", "annualrevenue": value}}
    assert problems(api.post("/crm/v3/objects/companies", body, 400)) == [
        ("annualrevenue", "INVALID_INTEGER")
    ]


@pytest.mark.parametrize("value", ["1.5", "99999999999999999999", "-99999999999999999999999"])
def test_a_whole_number_stays_one(api: Api, value: str) -> None:
    body = {"properties": {"name": "One", "numberofemployees": value}}
    assert problems(api.post("/crm/v3/objects/companies", body, 400)) == [
        ("numberofemployees", "INVALID_INTEGER")
    ]


def test_an_amount_has_no_more_decimals_than_its_currency(api: Api) -> None:
    payment = {"hs_initial_amount": "10.005", "hs_initiated_date": "2026-01-01", "hs_currency_code": "EUR"}
    refused = api.post("/crm/v3/objects/commerce_payments", {"properties": payment}, 400)
    assert problems(refused) == [("hs_initial_amount", "INVALID_INTEGER")]

    assert (
        written(api, "commerce_payments", **{**payment, "hs_initial_amount": "10.00"})["hs_initial_amount"]
        == "10.00"
    )
    yen = {**payment, "hs_initial_amount": 1200, "hs_currency_code": "JPY"}
    assert written(api, "commerce_payments", **yen)["hs_initial_amount"] == "1200"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2026-03-01T12:30:15.250Z", "2026-03-01T12:30:15.250Z"),
        ("2026-03-01T13:30:15+01:00", "2026-03-01T12:30:15.000Z"),
        (1772368215250, "2026-03-01T12:30:15.250Z"),
        ("1772368215250", "2026-03-01T12:30:15.250Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        ("2026-03-01", "2026-03-01T00:00:00.000Z"),
        (-86400000, "1969-12-31T00:00:00.000Z"),
    ],
)
def test_moments_are_text_or_milliseconds(api: Api, value: Any, shown: str) -> None:
    payment = {"hs_initial_amount": "1", "hs_initiated_date": value}
    assert written(api, "commerce_payments", **payment)["hs_initiated_date"] == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2028-02-29", "2028-02-29"),
        (1772323200000, "2026-03-01"),
        ("1772323200000", "2026-03-01"),
        ("2026-03-01T00:00:00Z", "2026-03-01"),
    ],
)
def test_days_are_text_or_milliseconds_of_a_midnight(api: Api, value: Any, shown: str) -> None:
    made = written(api, "subscriptions", hs_name="Gold", hs_recurring_billing_start_date=value)
    assert made["hs_recurring_billing_start_date"] == shown


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-30",
        "tomorrow",
        "2026-1-1",
        1772323200001,
        "20260301",
        "2026-13-01",
        "0000-01-01",
        True,
        1.5,
        "99999999999999999999",
        "2026-03-01T00:00:00",
    ],
)
def test_what_is_no_day_is_refused(api: Api, value: Any) -> None:
    body = {"properties": {"hs_name": "Gold", "hs_recurring_billing_start_date": value}}
    answer = api.post("/crm/v3/objects/subscriptions", body, 400)
    assert problems(answer) == [("hs_recurring_billing_start_date", "INVALID_DATE")]


def test_the_date_of_an_invoice_is_a_moment_to_programs_and_a_day_to_business(api: Api) -> None:
    late_in_utc = written(api, "invoices", hs_currency="EUR", hs_invoice_date="2026-03-01T23:30:00Z")
    assert late_in_utc["hs_invoice_date"] == "2026-03-02T00:00:00.000Z"  # in Oslo it is the second already


@pytest.mark.parametrize("value", ["true", "false", True, False, "TRUE"])
def test_booleans_come_in_any_form(api: Api, value: Any) -> None:
    assert written(api, "contacts", hs_email_optout=value)["hs_email_optout"] == str(value).lower()


def test_options_are_joined_and_added_to(api: Api) -> None:
    id_ = api.make("subscriptions", hs_name="Gold", hs_allowed_payment_methods="credit_or_debit_card;ach")
    path = f"/crm/v3/objects/subscriptions/{id_}"

    added = api.patch(path, {"properties": {"hs_allowed_payment_methods": ";sepa;ach"}})
    assert added["properties"]["hs_allowed_payment_methods"] == "credit_or_debit_card;ach;sepa"
    replaced = api.patch(path, {"properties": {"hs_allowed_payment_methods": "sepa"}})
    assert replaced["properties"]["hs_allowed_payment_methods"] == "sepa"
    answer = api.patch(path, {"properties": {"hs_allowed_payment_methods": "sepa;shells"}}, 400)
    assert problems(answer) == [("hs_allowed_payment_methods", "INVALID_OPTION")]
    wrong_case = api.patch(path, {"properties": {"hs_allowed_payment_methods": "SEPA"}}, 400)
    assert problems(wrong_case) == [("hs_allowed_payment_methods", "INVALID_OPTION")]


def test_nothing_empties_a_property_and_what_cannot_be_empty_stays(api: Api) -> None:
    id_ = api.make("contacts", email="ada@example.com", firstname="Ada", city="London")

    emptied = api.patch(f"/crm/v3/objects/contacts/{id_}", {"properties": {"city": "", "firstname": None}})
    assert emptied["properties"]["city"] is None
    assert emptied["properties"]["firstname"] is None
    subscription = api.make("subscriptions", hs_name="Gold")
    answer = api.patch(f"/crm/v3/objects/subscriptions/{subscription}", {"properties": {"hs_name": ""}}, 400)
    assert problems(answer) == [("hs_name", "REQUIRED_FIELD")]


@pytest.mark.parametrize(
    "text",
    [
        "Ærøskøbing 東京 🦔",
        "'; DROP TABLE contact; --",
        '"quoted" \\ back\\\\slash {braces} %s %(name)s',
        "a,b;c",
        "NULL",
        "line\nbreak\ttab",
        "\u200b",
        "x" * 65_536,
        "{}",
        "<script>",
    ],
)
def test_texts_come_back_as_they_were(api: Api, text: str) -> None:
    assert written(api, "contacts", firstname=text)["firstname"] == text


def test_a_number_or_a_boolean_is_a_text_where_text_is_asked_for(api: Api) -> None:
    made = written(api, "contacts", firstname=5, lastname=True, city=1.50)
    assert (made["firstname"], made["lastname"], made["city"]) == ("5", "true", "1.5")


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", "x" * 65_537, [], {}, ["a"], {"value": "a"}])
def test_what_is_no_text_is_refused(api: Api, value: Any) -> None:
    answer = api.ask("POST", "/crm/v3/objects/contacts", json.dumps({"properties": {"firstname": value}}))
    assert answer.status_code == 400
    assert problems(answer.json()) == [("firstname", "INVALID_STRING")]


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "a b@example.com",
        "ada@@example.com",
        "ada@exa mple.com",
        "ada@example.com,bob@example.com",
        "x" * 320 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(api: Api, email: str) -> None:
    answer = api.post("/crm/v3/objects/contacts", {"properties": {"email": email}}, 400)
    assert problems(answer) == [("email", "INVALID_EMAIL")]


def test_an_owner_is_a_user_of_the_account(api: Api, db: AnyConnection, account: AccountContext) -> None:
    ours, theirs = (
        add_user(db, email=f"{name}.{account.id}@kalends.test", name=name) for name in ("kari", "eve")
    )
    enter_account(db, account.id)
    add_member(db, account.id, ours)

    made = written(api, "contacts", hubspot_owner_id=str(ours))
    refused = api.post("/crm/v3/objects/contacts", {"properties": {"hubspot_owner_id": theirs}}, 400)

    assert made["hubspot_owner_id"] == str(ours)
    assert problems(refused) == [("hubspot_owner_id", "INVALID_OPTION")]


def test_a_change_that_changes_nothing_leaves_no_trace(api: Api, db: AnyConnection) -> None:
    id_ = api.make("contacts", firstname="Ada")
    api.patch(f"/crm/v3/objects/contacts/{id_}", {"properties": {"firstname": "Ada"}})

    kinds = db.execute("SELECT kind FROM event WHERE object_id = %s ORDER BY id", [int(id_)]).fetchall()
    assert kinds == [("contact.created",)]


@pytest.mark.parametrize("nobody", ["nobody", "-1", "1.5", "0", "9" * 40, "' OR 1=1", "\u0663"])
def test_an_owner_that_is_no_number_is_no_owner(api: Api, nobody: str) -> None:
    refused = api.post("/crm/v3/objects/contacts", {"properties": {"hubspot_owner_id": nobody}}, 400)
    assert problems(refused) == [("hubspot_owner_id", "INVALID_OPTION")]


PAYING = ("hs_allowed_payment_methods", "hs_collect_address_types", "hs_payment_enabled")


def paying(api: Api, kind: str, **properties: Any) -> list[str | None]:
    """How a new record may be paid."""
    id_ = api.make(kind, **properties)
    found = api.get(f"/crm/v3/objects/{kind}/{id_}?properties={','.join(PAYING)}")["properties"]
    return [found.get(name) for name in PAYING]


def test_what_a_new_record_does_not_say_of_paying_is_as_the_account_set_it(
    api: Api, db: AnyConnection, account: AccountContext
) -> None:
    own = {"accepted_methods": ("sepa",), "collect_billing_address": True, "payment_links": False}
    change_settings(db, account, own)
    assert paying(api, "subscriptions", hs_name="Gold") == ["sepa", "billing_address", "false"]
    assert paying(api, "invoices", hs_currency="EUR")[:2] == ["sepa", "billing_address"]
    said = dict(zip(PAYING, ("ach", "", "true"), strict=True))
    assert paying(api, "subscriptions", hs_name="Gold", **said) == ["ach", None, "true"]
