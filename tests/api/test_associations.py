"""What records are tied to: one by one, in bulk, with labels, and in the forms of v3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api, NewApi

V4, V3, DATED = "/crm/v4/objects", "/crm/v3/objects", "/crm/objects/2026-03"
BULK, BULK_DATED, BULK_V3 = "/crm/v4/associations", "/crm/associations/2026-03", "/crm/v3/associations"
PLAIN, PRIMARY = 279, 1
NOBODY = "999999999999"


@pytest.fixture
def ada(api: Api) -> str:
    return api.make("contacts", firstname="Ada")


@pytest.fixture
def engines(api: Api) -> str:
    return api.make("companies", name="Analytical Engines")


def types(*numbers: int, category: str = "HUBSPOT_DEFINED") -> list[dict[str, Any]]:
    return [{"associationCategory": category, "associationTypeId": number} for number in numbers]


def told(api: Api, one: str, other: str = "companies", base: str = f"{V4}/contacts") -> dict[int, list[int]]:
    """The records that a record is tied to, each with the numbers of its kinds."""
    results = api.get(f"{base}/{one}/associations/{other}")["results"]
    return {each["toObjectId"]: [kind["typeId"] for kind in each["associationTypes"]] for each in results}


@pytest.mark.parametrize("family", [V4, DATED])
def test_a_plain_tie_is_told_from_both_sides(api: Api, ada: str, engines: str, family: str) -> None:
    made = api.put(f"{family}/contacts/{ada}/associations/default/companies/{engines}")

    assert made["status"] == "COMPLETE"
    assert [each["associationSpec"]["associationTypeId"] for each in made["results"]] == [279, 280]
    assert made["results"][1]["from"] == {"id": engines}
    assert api.get(f"{family}/contacts/{ada}/associations/company") == {
        "results": [
            {
                "toObjectId": int(engines),
                "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}],
            }
        ]
    }
    assert told(api, engines, "0-1", f"{family}/0-2") == {int(ada): [280]}


def test_labels_that_are_put_take_the_place_of_those_before(api: Api, ada: str, engines: str) -> None:
    path = f"{V4}/contacts/{ada}/associations/companies/{engines}"

    made = api.put(path, types(PRIMARY), 201)

    assert made == {
        "fromObjectTypeId": "0-1",
        "fromObjectId": int(ada),
        "toObjectTypeId": "0-2",
        "toObjectId": int(engines),
        "labels": ["Primary"],
    }
    assert told(api, ada) == {int(engines): [PLAIN, PRIMARY]}
    assert api.put(path, types(PLAIN), 201)["labels"] == []
    assert told(api, ada) == {int(engines): [PLAIN]}


def test_a_tie_that_is_taken_away_is_gone_on_both_sides_and_may_be_taken_away_again(
    api: Api, ada: str, engines: str
) -> None:
    path = f"{V4}/contacts/{ada}/associations/companies/{engines}"
    api.put(path, types(PRIMARY), 201)

    api.delete(path)
    api.delete(path)

    assert told(api, ada) == {}
    assert told(api, engines, "contacts", f"{V4}/companies") == {}


def test_pages_of_ties_follow_each_other(api: Api, ada: str) -> None:
    made = sorted(int(api.make("companies", name=f"C{number}")) for number in range(3))
    for each in made:
        api.put(f"{V4}/contacts/{ada}/associations/default/companies/{each}")

    first = api.get(f"{V4}/contacts/{ada}/associations/companies?limit=2")
    mark = first["paging"]["next"]["after"]
    second = api.get(f"{V4}/contacts/{ada}/associations/companies?limit=2&after={mark}")

    assert [each["toObjectId"] for each in first["results"] + second["results"]] == made
    assert "paging" not in second


def test_a_record_that_is_not_there_is_not_found(api: Api, ada: str, engines: str) -> None:
    for id_ in (NOBODY, "nobody", "1.5", "-1", "%00", "9" * 30):
        api.get(f"{V4}/contacts/{id_}/associations/companies", 404)
        api.put(f"{V4}/contacts/{id_}/associations/default/companies/{engines}", status=404)
        api.put(f"{V4}/contacts/{ada}/associations/companies/{id_}", types(PLAIN), 404)


def test_an_archived_record_and_one_of_another_account_cannot_be_tied(
    api: Api, another: NewApi, ada: str, engines: str
) -> None:
    gone = api.make("companies", name="Gone")
    api.delete(f"{V3}/companies/{gone}")
    foreign = another().make("companies", name="Foreign")

    for id_ in (gone, foreign):
        api.put(f"{V4}/contacts/{ada}/associations/default/companies/{id_}", status=404)
    assert told(api, ada) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"[1]",
        b"[{}]",
        b"[",
        b"null",
        b'[{"associationTypeId": 3}]',
        b'[{"associationTypeId": "x"}]',
        b'[{"associationTypeId": 99999999999999999999}]',
        b'[{"associationTypeId": 279, "associationCategory": 7}]',
        b'[{"associationTypeId": 279, "associationCategory": "USER_DEFINED"}]',
        b'[{"associationTypeId": 280}]',
    ],
)
def test_what_is_no_type_of_the_pair_ties_nothing(api: Api, ada: str, engines: str, body: bytes) -> None:
    answer = api.ask("PUT", f"{V4}/contacts/{ada}/associations/companies/{engines}", body)

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert told(api, ada) == {}


def test_objects_without_a_meaning_for_each_other_are_refused_and_so_is_a_record_with_itself(
    api: Api, ada: str
) -> None:
    api.get(f"{V4}/contacts/{ada}/associations/products", 400)
    api.get(f"{V4}/contacts/{ada}/associations/pets", 400)
    api.post(f"{BULK}/contacts/products/batch/read", {"inputs": [{"id": ada}]}, 400)
    api.get(f"{BULK}/pets/companies/labels", 400)


def test_who_may_not_write_both_ends_ties_nothing(api: Api, another: NewApi, account: Any, ada: str) -> None:
    engines = api.make("companies", name="Engines")
    reader = another(account, "crm.objects.contacts.write", "crm.objects.companies.read")

    refused = reader.put(f"{V4}/contacts/{ada}/associations/default/companies/{engines}", status=403)

    assert refused["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.companies.write"]
    reader.get(f"{V4}/contacts/{ada}/associations/companies", 403)


def test_a_pair_of_a_batch_that_cannot_be_tied_is_told_beside_the_others(
    api: Api, ada: str, engines: str
) -> None:
    inputs = [
        {"from": {"id": ada}, "to": {"id": engines}, "types": types(PRIMARY)},
        {"from": {"id": int(ada)}, "to": {"id": NOBODY}, "types": types(PLAIN)},
        {"from": {"id": ada}, "to": {"id": engines}, "types": types(3)},
    ]

    done = api.post(f"{BULK}/contacts/companies/batch/create", {"inputs": inputs[:1]}, 201)
    partly = api.post(f"{BULK_DATED}/contacts/companies/batch/create", {"inputs": inputs}, 207)

    assert done["results"][0]["labels"] == ["Primary"]
    assert "errors" not in done
    assert [each["toObjectId"] for each in partly["results"]] == [int(engines)]
    assert partly["numErrors"] == 2
    assert [each["category"] for each in partly["errors"]] == ["OBJECT_NOT_FOUND", "VALIDATION_ERROR"]
    assert partly["errors"][0]["context"] == {"fromObjectId": [ada], "toObjectId": [NOBODY]}


def test_records_without_ties_are_told_among_the_errors_of_a_read(api: Api, ada: str, engines: str) -> None:
    bob = api.make("contacts", firstname="Bob")
    api.put(f"{V4}/contacts/{ada}/associations/default/companies/{engines}")

    full = api.post(f"{BULK}/contacts/companies/batch/read", {"inputs": [{"id": ada}]}, 200)
    partly = api.post(f"{BULK_DATED}/contact/company/batch/read", {"inputs": [{"id": ada}, {"id": bob}]}, 207)
    beyond = api.post(
        f"{BULK}/contacts/companies/batch/read", {"inputs": [{"id": ada, "after": engines}]}, 207
    )

    assert full["results"] == partly["results"]
    assert full["results"][0]["from"] == {"id": ada}
    assert full["results"][0]["to"][0]["toObjectId"] == int(engines)
    assert partly["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert partly["errors"][0]["context"] == {"fromObjectId": [bob]}
    assert beyond["results"] == []


@pytest.mark.parametrize("family", [BULK, BULK_DATED])
def test_ties_and_labels_are_taken_away_in_batches(api: Api, ada: str, engines: str, family: str) -> None:
    pair = {"from": {"id": ada}, "to": {"id": engines}}
    api.post(f"{family}/contacts/companies/batch/create", {"inputs": [{**pair, "types": types(PRIMARY)}]})

    api.post(
        f"{family}/contacts/companies/batch/labels/archive",
        {"inputs": [{**pair, "types": types(PRIMARY)}]},
        204,
    )
    assert told(api, ada) == {int(engines): [PLAIN]}

    untied = {"inputs": [{"from": {"id": ada}, "to": [{"id": engines}, {"id": NOBODY}]}]}
    api.post(f"{family}/contacts/companies/batch/archive", untied, 204)
    api.post(f"{family}/contacts/companies/batch/archive", untied, 204)
    assert told(api, ada) == {}


def test_plain_ties_are_made_in_batches(api: Api, ada: str, engines: str) -> None:
    made = api.post(
        f"{BULK}/contacts/companies/batch/associate/default",
        {
            "inputs": [
                {"from": {"id": ada}, "to": {"id": engines}},
                {"from": {"id": ada}, "to": {"id": NOBODY}},
            ]
        },
        200,
    )

    assert [each["from"]["id"] for each in made["results"]] == [ada, engines]
    assert made["numErrors"] == 1


@pytest.mark.parametrize("verb", ["create", "read", "archive", "labels/archive", "associate/default"])
@pytest.mark.parametrize("family", [BULK, BULK_V3])
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"inputs": None},
        {"inputs": {}},
        {"inputs": [7]},
        {"inputs": [{}]},
        {"inputs": [{"id": True, "from": {"id": None}, "to": {"id": "x"}}]},
        {"inputs": [{"id": "1 OR 1=1", "from": [], "to": [], "types": {}, "type": []}]},
        {"inputs": [{"id": {}, "from": {"id": "1"}, "to": [{"id": []}], "types": [None], "type": None}]},
        {"inputs": [{}] * 2_001},
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(api: Api, verb: str, family: str, body: Any) -> None:
    answer = api.ask("POST", f"{family}/contacts/companies/batch/{verb}", body)

    assert answer.status_code == 400, answer.text
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_a_batch_does_not_untie_more_than_a_hundred_records(api: Api) -> None:
    inputs = [{"from": {"id": str(number)}, "to": [{"id": "1"}]} for number in range(1, 102)]

    api.post(f"{BULK}/contacts/companies/batch/archive", {"inputs": inputs}, 400)
    api.post(f"{BULK}/contacts/companies/batch/archive", {"inputs": inputs[:100]}, 204)


def test_a_label_of_ones_own_is_made_used_renamed_and_deleted(api: Api, ada: str, engines: str) -> None:
    labels = f"{BULK}/contacts/companies/labels"
    made = api.post(labels, {"label": "Advises", "name": "adviser", "inverseLabel": "Advised by"}, 200)[
        "results"
    ]
    number, inverse = (each["typeId"] for each in made)
    own = types(number, category="USER_DEFINED")

    assert [each["label"] for each in made] == ["Advises", "Advised by"]
    assert made[0] in api.get(labels)["results"]
    assert made[1] in api.get(f"{BULK_DATED}/companies/contacts/labels")["results"]
    path = f"{V4}/contacts/{ada}/associations/companies/{engines}"
    assert api.put(path, own, 201)["labels"] == ["Advises"]
    assert told(api, engines, "contacts", f"{V4}/companies") == {int(ada): [280, inverse]}

    api.put(labels, {"associationTypeId": number, "label": "Counsels"}, 204)
    assert {"category": "USER_DEFINED", "typeId": number, "label": "Counsels"} in api.get(labels)["results"]

    api.delete(f"{labels}/{number}")
    api.delete(f"{labels}/{number}", 404)
    assert told(api, ada) == {int(engines): [PLAIN]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"label": "", "name": "x"},
        {"label": "A", "name": "Not a name"},
        {"label": 1, "name": "a"},
        {"label": "a\x00b", "name": "a"},
        {"label": "A" * 101, "name": "a"},
        {"label": "A", "name": "a", "inverseLabel": []},
    ],
)
def test_a_label_that_cannot_be_is_refused(api: Api, body: Any) -> None:
    labels = f"{BULK}/contacts/companies/labels"

    api.post(labels, body, 400)
    api.put(labels, body, 400)
    api.put(labels, {"associationTypeId": PLAIN, "label": "Mine"}, 404)
    api.delete(f"{labels}/{PLAIN}", 404)
    api.delete(f"{labels}/x", 404)
    assert all(each["category"] == "HUBSPOT_DEFINED" for each in api.get(labels)["results"])


def test_a_label_of_half_a_character_is_refused(api: Api) -> None:
    body = b'{"label": "\\ud800", "name": "half"}'

    assert api.ask("POST", f"{BULK}/contacts/companies/labels", body).status_code == 400


def test_v3_names_the_kind_in_the_path(api: Api, ada: str, engines: str) -> None:
    base = f"{V3}/contacts/{ada}/associations/companies"

    made = api.put(f"{base}/{engines}/contact_to_company")

    assert made["id"] == ada
    assert {each["id"] for each in made["associations"]["companies"]["results"]} == {engines}
    assert api.get(base)["results"] == [
        {"id": engines, "type": "contact_to_company_unlabeled"},
        {"id": engines, "type": "contact_to_company"},
    ]
    api.put(f"{base}/{engines}/nonsense", status=400)
    api.delete(f"{base}/{engines}/contact_to_company")
    api.delete(f"{base}/{engines}/279")
    assert api.get(base)["results"] == []


def test_v3_tells_the_types_of_a_pair(api: Api) -> None:
    assert api.get(f"{BULK_V3}/subscriptions/contacts/types")["results"] == [
        {"id": "295", "name": "subscription_to_contact"}
    ]


def test_v3_reads_the_line_items_of_a_subscription(api: Api) -> None:
    line = api.make("line_items", name="Gold", price="10", quantity="1", recurringbillingfrequency="monthly")
    subscription = api.make("subscriptions", hs_name="Gold")
    api.put(f"{V4}/subscriptions/{subscription}/associations/default/line_items/{line}")

    read = api.get(f"{V3}/subscriptions/{subscription}/associations/line_items")["results"]

    assert {"id": line, "type": "subscription_to_line_item"} in read


def test_a_label_given_when_a_record_is_made_is_kept(api: Api, engines: str) -> None:
    tied = [{"to": {"id": engines}, "types": types(PRIMARY)}]

    ada = api.make("contacts", tied, firstname="Ada")

    assert told(api, ada) == {int(engines): [PLAIN, PRIMARY]}
