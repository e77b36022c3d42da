"""Single records: made, read, changed, archived, and page by page."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.catalog import OBJECTS
from tests.api.conftest import Api, NewApi, tie
from tests.at_once import at_once

CONTACTS = "/crm/v3/objects/contacts"
MINIMAL: dict[str, dict[str, Any]] = {
    "contacts": {"firstname": "Ada"},
    "companies": {"name": "Analytical Engines"},
    "deals": {"dealname": "Engine No. 2", "dealstage": "contractsent"},
    "tickets": {"subject": "It does not turn", "hs_pipeline_stage": "1"},
    "products": {"name": "Engine"},
    "line_items": {},
    "quotes": {"hs_title": "An engine", "hs_expiration_date": "2026-12-31"},
    "invoices": {"hs_currency": "EUR"},
    "subscriptions": {"hs_name": "Gold, monthly"},
    "discounts": {"hs_type": "PERCENT", "hs_value": "10"},
    "fees": {"hs_type": "FIXED", "hs_value": "10"},
    "taxes": {"hs_type": "PERCENT", "hs_value": "25"},
    "commerce_payments": {"hs_initial_amount": "99.90", "hs_initiated_date": "2025-12-24T10:00:00Z"},
    "orders": {"hs_order_name": "First order"},
    "payment_links": {"hs_payment_link_name": "Engines", "hs_currency_code": "EUR"},
}


@pytest.mark.parametrize("name", [obj.plural for obj in OBJECTS.values()])
def test_a_record_of_every_object_is_made_read_changed_and_archived(api: Api, name: str) -> None:
    obj = next(each for each in OBJECTS.values() if each.plural == name)
    base = f"/crm/v3/objects/{name}"

    made = api.post(base, {"properties": MINIMAL[name]})
    read = api.get(f"{base}/{made['id']}")
    changed = api.patch(f"{base}/{made['id']}", {"properties": MINIMAL[name]})
    listed = api.get(base)

    assert made["id"].isdecimal()
    assert made["archived"] is False
    assert made["createdAt"] == read["createdAt"] == changed["createdAt"] == "2026-01-01T05:00:00.000Z"
    assert {obj.created, obj.modified, "hs_object_id", *MINIMAL[name]} <= set(made["properties"])
    assert all(value is None or isinstance(value, str) for value in made["properties"].values())
    assert set(read["properties"]) == {obj.created, obj.modified, "hs_object_id", *obj.api_defaults}
    assert [each["id"] for each in listed["results"]] == [made["id"]]
    assert "paging" not in listed

    api.delete(f"{base}/{made['id']}")
    api.delete(f"{base}/{made['id']}")
    api.get(f"{base}/{made['id']}", 404)
    assert api.get(base)["results"] == []


@pytest.mark.parametrize("name", [obj.plural for obj in OBJECTS.values()])
@pytest.mark.parametrize("family", ["/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09-beta"])
def test_both_families_of_paths_serve_every_object_by_any_of_its_names(
    api: Api, name: str, family: str
) -> None:
    obj = next(each for each in OBJECTS.values() if each.plural == name)
    id_ = api.make(name, **MINIMAL[name])

    for kind in (obj.plural, obj.api_name, obj.type_id, obj.plural.upper()):
        for end in ("", "/"):
            assert api.get(f"{family}/{kind}/{id_}{end}")["id"] == id_
            assert [each["id"] for each in api.get(f"{family}/{kind}{end}")["results"]] == [id_]


def test_an_address_is_kept_in_lower_case_and_found_in_any(api: Api) -> None:
    id_ = api.make("contacts", email="Ada@Example.COM", firstname="Ada")

    found = api.get(f"{CONTACTS}/aDA%40example.com?idProperty=email&properties=email")
    changed = api.patch(f"{CONTACTS}/ADA@example.com?idProperty=email", {"properties": {"lastname": "King"}})

    assert found["id"] == changed["id"] == id_
    assert found["properties"]["email"] == "ada@example.com"
    assert changed["properties"]["lastname"] == "King"


def test_a_second_contact_with_the_same_address_is_a_conflict_that_names_the_first(api: Api) -> None:
    id_ = api.make("contacts", email="ada@example.com")

    answer = api.ask("POST", CONTACTS, {"properties": {"email": "ADA@example.com"}})

    assert answer.status_code == 409
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json()["category"] == "CONFLICT"
    assert answer.json()["message"] == f"Contact already exists. Existing ID: {id_}"


def test_of_several_who_make_the_same_contact_at_once_one_succeeds(api: Api) -> None:
    body = {"properties": {"email": "ada@example.com"}}
    answers = at_once(*[lambda: api.ask("POST", CONTACTS, body)] * 6)

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    (kept,) = api.get(CONTACTS)["results"]
    told = {answer.json()["message"] for answer in answers if answer.status_code == 409}
    assert told == {f"Contact already exists. Existing ID: {kept['id']}"}


def test_several_who_change_the_same_records_wait_for_each_other(api: Api) -> None:
    ids = [api.make("contacts", firstname="Ada") for _ in range(5)]

    def change(order: list[str], city: str) -> int:
        inputs = [{"id": id_, "properties": {"city": city}} for id_ in order]
        return api.ask("POST", f"{CONTACTS}/batch/update", {"inputs": inputs}).status_code

    answers = at_once(*[lambda n=n: change(ids if n % 2 else ids[::-1], f"City {n}") for n in range(6)])

    assert answers == [200] * 6
    cities = {each["properties"]["city"] for each in api.get(f"{CONTACTS}?properties=city")["results"]}
    assert len(cities) == 1


def test_the_address_of_an_archived_contact_is_free_again(api: Api) -> None:
    first = api.make("contacts", email="ada@example.com")
    api.delete(f"{CONTACTS}/{first}")

    second = api.make("contacts", email="ada@example.com")

    assert api.get(f"{CONTACTS}/ada@example.com?idProperty=email")["id"] == second


def test_companies_are_found_by_domain_and_may_share_one(api: Api) -> None:
    first = api.make("companies", name="One", domain="Example.com")
    api.make("companies", name="Two", domain="example.com")

    assert api.get("/crm/v3/objects/companies/EXAMPLE.com?idProperty=domain")["id"] == first


def test_a_property_that_is_not_unique_identifies_nobody(api: Api) -> None:
    api.make("contacts", firstname="Ada")

    for name in ("firstname", "colour", "createdate"):
        assert api.get(f"{CONTACTS}/Ada?idProperty={name}", 400)["category"] == "VALIDATION_ERROR"


def test_only_what_was_asked_for_is_shown_and_unknown_names_are_left_out(api: Api) -> None:
    id_ = api.make("contacts", email="ada@example.com", city="London")
    always = {"createdate", "lastmodifieddate", "hs_object_id"}

    repeated = api.get(f"{CONTACTS}/{id_}?properties=city&properties=phone&properties=colour")
    joined = api.get(f"{CONTACTS}/{id_}?properties=city%2Cphone,colour")

    assert set(repeated["properties"]) == always | {"city", "phone"}
    assert repeated == joined
    assert repeated["properties"]["phone"] is None


def test_pages_follow_each_other_and_the_last_has_no_paging(api: Api) -> None:
    ids = [api.make("companies", name=f"Company {number}") for number in range(5)]

    first = api.get("/crm/v3/objects/companies?limit=2")
    second = api.get(f"/crm/v3/objects/companies?limit=2&after={first['paging']['next']['after']}")
    third = api.get(f"/crm/v3/objects/companies?limit=2&after={second['paging']['next']['after']}")

    assert [each["id"] for page in (first, second, third) for each in page["results"]] == ids
    assert "paging" not in third


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", "99999999999999999999"])
def test_a_page_has_at_most_a_hundred_records(api: Api, limit: str) -> None:
    assert api.get(f"{CONTACTS}?limit={limit}", 400)["category"] == "VALIDATION_ERROR"


def test_with_history_a_page_has_at_most_fifty(api: Api) -> None:
    api.get(f"{CONTACTS}?limit=50&propertiesWithHistory=email")
    api.get(f"{CONTACTS}?limit=51&propertiesWithHistory=email", 400)


def test_archived_records_are_listed_and_read_only_when_asked_for(api: Api) -> None:
    kept, gone = (api.make("contacts", firstname=name) for name in ("Ada", "Bob"))
    api.delete(f"{CONTACTS}/{gone}")

    for said in ("true", "True", "TRUE"):
        archived = api.get(f"{CONTACTS}?archived={said}")["results"]
        assert [each["id"] for each in archived] == [gone]
        assert archived[0]["archived"] is True
        assert archived[0]["archivedAt"] == "2026-01-01T05:00:00.000Z"
    assert [each["id"] for each in api.get(f"{CONTACTS}?archived=False")["results"]] == [kept]
    assert api.get(f"{CONTACTS}/{gone}?archived=true")["id"] == gone
    api.get(f"{CONTACTS}/{gone}", 404)
    api.patch(f"{CONTACTS}/{gone}", {"properties": {"firstname": "Eve"}}, 404)
    api.get(f"{CONTACTS}?archived=perhaps", 400)


def test_history_tells_each_value_newest_first(api: Api) -> None:
    id_ = api.make("contacts", firstname="Ada", lastname="Byron")
    api.patch(f"{CONTACTS}/{id_}", {"properties": {"lastname": "King"}})
    api.patch(f"{CONTACTS}/{id_}", {"properties": {"lastname": ""}})

    told = api.get(f"{CONTACTS}/{id_}?propertiesWithHistory=lastname,firstname,phone")[
        "propertiesWithHistory"
    ]

    assert [each["value"] for each in told["lastname"]] == ["", "King", "Byron"]
    assert [each["value"] for each in told["firstname"]] == ["Ada"]
    assert told["phone"] == []
    assert {each["sourceType"] for each in told["lastname"]} == {"INTEGRATION"}
    assert told["lastname"][0]["timestamp"] == "2026-01-01T05:00:00.000Z"


def test_the_history_of_money_is_told_in_major_units(api: Api) -> None:
    made = {"hs_initial_amount": "100", "hs_initiated_date": "2026-01-01", "hs_currency_code": "JPY"}
    id_ = api.make("commerce_payments", **made)
    api.patch(f"/crm/v3/objects/0-101/{id_}", {"properties": {"hs_initial_amount": "120"}})

    told = api.get(f"/crm/v3/objects/0-101/{id_}?propertiesWithHistory=hs_initial_amount")

    assert [each["value"] for each in told["propertiesWithHistory"]["hs_initial_amount"]] == ["120", "100"]


def test_a_record_that_is_tied_from_the_start_tells_so(api: Api) -> None:
    contact = api.make("contacts", email="ada@example.com")
    line = api.make("line_items", name="Seat", price="10", recurringbillingfrequency="monthly")

    subscription = api.make("subscriptions", [tie(contact, 295), tie(int(line), 301)], hs_name="Gold")

    read = api.get(f"/crm/v3/objects/subscriptions/{subscription}?associations=contacts,line_items,companies")
    assert read["associations"] == {
        "contacts": {"results": [{"id": contact, "type": "subscription_to_contact"}]},
        "line_items": {"results": [{"id": line, "type": "subscription_to_line_item"}]},
    }
    back = api.get(f"{CONTACTS}/{contact}?associations=subscriptions")
    assert back["associations"]["subscriptions"]["results"] == [
        {"id": subscription, "type": "contact_to_subscription"}
    ]


@pytest.mark.parametrize(
    "associations",
    [
        [tie("999999999999", 279)],
        [tie(1, 295)],
        [tie(1, 4_000_000)],
        [tie("", 279)],
        [{"to": {}, "types": []}],
        [{"to": {"id": True}, "types": [{"associationTypeId": 279}]}],
        ["company"],
        [{}],
        {"to": 1},
        "all",
    ],
)
def test_a_tie_that_cannot_be_refuses_the_whole_record(api: Api, associations: Any) -> None:
    body = {"properties": {"firstname": "Ada"}, "associations": associations}

    assert api.post(CONTACTS, body, 400)["category"] == "VALIDATION_ERROR"
    assert api.get(CONTACTS)["results"] == []


def test_records_of_another_account_are_not_there(api: Api, another: NewApi) -> None:
    theirs = another()
    id_ = theirs.make("contacts", email="ada@example.com")

    api.get(f"{CONTACTS}/{id_}", 404)
    api.get(f"{CONTACTS}/ada@example.com?idProperty=email", 404)
    api.patch(f"{CONTACTS}/{id_}", {"properties": {"firstname": "Eve"}}, 404)
    api.delete(f"{CONTACTS}/{id_}", 404)
    api.post(CONTACTS, {"properties": {}, "associations": [tie(id_, 279)]}, 400)
    api.make("contacts", email="ada@example.com")
    assert theirs.get(f"{CONTACTS}/{id_}?properties=firstname")["properties"]["firstname"] is None


@pytest.mark.parametrize(
    "id_", ["0", "abc", "12abc", "-1", "1e3", "9" * 40, "%00", "%F0%9F%A6%94", "..%2f..", "a%2Fb"]
)
def test_a_number_that_nobody_has_is_not_found(api: Api, id_: str) -> None:
    for method in ("GET", "DELETE"):
        answer = api.ask(method, f"{CONTACTS}/{id_}")
        assert answer.status_code == 404
        assert answer.json()["category"] == "OBJECT_NOT_FOUND"
    api.patch(f"{CONTACTS}/{id_}", {"properties": {}}, 404)


def test_an_unknown_object_is_told_in_the_known_words(api: Api) -> None:
    for path in ("/crm/v3/objects/pets", "/crm/objects/2026-03/pets/1"):
        answer = api.get(path, 400)
        assert answer["message"] == "Unable to infer object type from: pets"
        assert answer["category"] == "VALIDATION_ERROR"
