"""Up to a hundred records at once, and what is told when some of them cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api, tie

BATCH = "/crm/v3/objects/contacts/batch"


def ids(answer: dict[str, Any]) -> list[str]:
    return [each["id"] for each in answer["results"]]


def people(*names: str) -> list[dict[str, Any]]:
    return [{"properties": {"firstname": name, "email": f"{name}@example.com"}} for name in names]


def test_a_hundred_are_made_read_changed_and_archived_at_once(api: Api) -> None:
    names = [f"p{number}" for number in range(100)]

    made = api.post(f"{BATCH}/create", {"inputs": people(*names)})
    read = api.post(
        f"{BATCH}/read", {"inputs": [{"id": each} for each in ids(made)], "properties": ["email"]}, 200
    )
    changes = [{"id": each, "properties": {"city": "London"}} for each in ids(made)]
    changed = api.post(f"{BATCH}/update", {"inputs": changes}, 200)

    assert [each["properties"]["firstname"] for each in made["results"]] == names
    assert ids(read) == ids(made) == ids(changed)
    assert {each["properties"]["city"] for each in changed["results"]} == {"London"}
    for answer in (made, read, changed):
        assert answer["status"] == "COMPLETE"
        assert answer["startedAt"] <= answer["completedAt"]
        assert "numErrors" not in answer
    assert api.post(f"{BATCH}/archive", {"inputs": [{"id": each} for each in ids(made)]}, 204) is None
    assert api.get("/crm/v3/objects/contacts")["results"] == []


@pytest.mark.parametrize("verb", ["create", "read", "update", "upsert", "archive"])
def test_more_than_a_hundred_are_refused(api: Api, verb: str) -> None:
    inputs = [{"id": str(number), "idProperty": "email", "properties": {}} for number in range(101)]
    assert api.post(f"{BATCH}/{verb}", {"inputs": inputs}, 400)["category"] == "VALIDATION_ERROR"


def test_missing_records_are_told_once_beside_the_others(api: Api) -> None:
    id_ = api.make("contacts", firstname="Ada")
    gone = api.make("contacts", firstname="Bob")
    api.delete(f"/crm/v3/objects/contacts/{gone}")

    read = api.post(
        f"{BATCH}/read", {"inputs": [{"id": "999999999999"}, {"id": id_}, {"id": gone}, {"id": "x"}]}, 207
    )
    change = [{"id": each, "properties": {"city": "Oslo"}} for each in ("999999999999", id_)]
    changed = api.post(f"{BATCH}/update", {"inputs": change}, 207)
    nothing = api.post(f"{BATCH}/read", {"inputs": [{"id": "999999999999"}]}, 207)

    assert ids(read) == ids(changed) == [id_]
    assert read["numErrors"] == changed["numErrors"] == nothing["numErrors"] == 1
    (error,) = read["errors"]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert error["context"] == {"ids": ["999999999999", gone, "x"]}
    assert error["message"].startswith("Could not get some CONTACT objects")
    assert nothing["results"] == []
    assert ids(api.post(f"{BATCH}/read?archived=true", {"inputs": [{"id": gone}]}, 200)) == [gone]


def test_one_wrong_input_refuses_all_and_nothing_is_made(api: Api) -> None:
    inputs = [*people("ada"), {"properties": {"email": "no address", "colour": "blue"}}]

    answer = api.post(f"{BATCH}/create", {"inputs": inputs}, 400)

    assert [each["code"] for each in answer["errors"]] == ["INVALID_EMAIL", "PROPERTY_DOESNT_EXIST"]
    assert [each["in"] for each in answer["errors"]] == ["inputs[1]", "inputs[1]"]
    assert api.get("/crm/v3/objects/contacts")["results"] == []


def test_a_refused_batch_says_which_input_cannot_be_read(api: Api) -> None:
    bad_tie = {"properties": {}, "associations": [{"to": {"id": "x"}, "types": []}]}
    for bad, place in (({"id": "1"}, "inputs[1].properties"), (bad_tie, "inputs[1].associations[0]")):
        answer = api.post(f"{BATCH}/create", {"inputs": [*people("ada"), bad]}, 400)
        assert [each["in"] for each in answer["errors"]] == [place]
        assert ".." not in answer["message"]


def test_with_trace_ids_the_right_ones_are_made_and_each_wrong_one_is_told(api: Api) -> None:
    taken = api.make("contacts", email="taken@example.com")
    inputs: list[dict[str, Any]] = [
        {**people("ada")[0], "objectWriteTraceId": "t-1"},
        {"properties": {"email": "no address"}, "objectWriteTraceId": "t-2"},
        {"properties": {"email": "taken@example.com"}, "objectWriteTraceId": "t-3"},
        {"properties": {"email": "ADA@example.com"}, "objectWriteTraceId": "t-4"},
        {"properties": {}, "associations": [tie("999999999", 279)], "objectWriteTraceId": "t-5"},
        {"objectWriteTraceId": "t-6"},
        {**people("bob")[0], "objectWriteTraceId": "t-7"},
    ]

    answer = api.post(f"{BATCH}/create", {"inputs": inputs}, 207)

    assert [each["objectWriteTraceId"] for each in answer["results"]] == ["t-1", "t-7"]
    told = {each["context"]["objectWriteTraceId"][0]: each["category"] for each in answer["errors"]}
    assert told == {
        "t-2": "VALIDATION_ERROR",
        "t-3": "CONFLICT",
        "t-4": "VALIDATION_ERROR",
        "t-5": "VALIDATION_ERROR",
        "t-6": "VALIDATION_ERROR",
    }
    assert answer["numErrors"] == 5
    assert taken in {each["id"] for each in api.get("/crm/v3/objects/contacts")["results"]}


@pytest.mark.parametrize("traces", [["t", "t"], ["t", None], [None, "t"]])
def test_trace_ids_count_only_when_every_input_has_its_own(api: Api, traces: list[str | None]) -> None:
    wrong = {"properties": {"email": "no address"}}
    inputs = [
        {**each, **({"objectWriteTraceId": trace} if trace else {})}
        for each, trace in zip([*people("ada"), wrong], traces, strict=True)
    ]
    api.post(f"{BATCH}/create", {"inputs": inputs}, 400)


def test_one_by_one_where_a_rule_refuses_some(api: Api) -> None:
    contact, line = api.make("contacts", firstname="Ada"), api.make("line_items", name="Seat")
    inputs = [
        {"properties": {"hs_name": "Record"}, "objectWriteTraceId": "t-1"},
        {
            "properties": {"hs_name": "Billed", "hs_invoice_creation": "on"},
            "objectWriteTraceId": "t-2",
            "associations": [tie(contact, 295), tie(line, 301)],
        },
    ]

    answer = api.post("/crm/v3/objects/subscriptions/batch/create", {"inputs": inputs}, 207)

    assert [each["objectWriteTraceId"] for each in answer["results"]] == ["t-1"]
    assert answer["errors"][0]["context"] == {"objectWriteTraceId": ["t-2"]}
    assert len(api.get("/crm/v3/objects/subscriptions")["results"]) == 1


def test_records_are_changed_by_what_identifies_them(api: Api) -> None:
    id_ = api.make("contacts", email="ada@example.com")
    change = {"id": "ADA@example.com", "idProperty": "email", "properties": {"city": "Oslo"}}

    assert ids(api.post(f"{BATCH}/update", {"inputs": [change]}, 200)) == [id_]
    read = {"idProperty": "email", "inputs": [{"id": "Ada@Example.com"}, {"id": "nobody@example.com"}]}
    answer = api.post(f"{BATCH}/read", read, 207)
    assert ids(answer) == [id_]
    assert answer["errors"][0]["context"]["ids"] == ["nobody@example.com"]


def test_a_record_stands_in_a_batch_once(api: Api) -> None:
    id_ = api.make("contacts", email="ada@example.com")
    twice = [
        {"id": id_, "properties": {}},
        {"id": "ada@example.com", "idProperty": "email", "properties": {}},
    ]
    assert "Duplicate IDs" in api.post(f"{BATCH}/update", {"inputs": twice}, 400)["message"]
    same = [
        {"id": name, "idProperty": "email", "properties": {}}
        for name in ("bob@example.com", "BOB@example.com")
    ]
    assert "Duplicate IDs" in api.post(f"{BATCH}/upsert", {"inputs": same}, 400)["message"]


def test_what_is_there_is_changed_and_what_is_not_is_made(api: Api) -> None:
    id_ = api.make("contacts", email="ada@example.com")
    inputs = [
        {
            "id": "bob@example.com",
            "idProperty": "email",
            "properties": {"firstname": "Bob"},
            "objectWriteTraceId": "t-1",
        },
        {
            "id": "Ada@example.com",
            "idProperty": "email",
            "properties": {"firstname": "Ada"},
            "objectWriteTraceId": "t-2",
        },
    ]

    answer = api.post(f"{BATCH}/upsert", {"inputs": inputs}, 200)

    assert [each["new"] for each in answer["results"]] == [True, False]
    assert [each["properties"]["email"] for each in answer["results"]] == [
        "bob@example.com",
        "ada@example.com",
    ]
    assert answer["results"][1]["id"] == id_
    assert answer["results"][1]["properties"]["firstname"] == "Ada"


def test_an_upsert_needs_a_property_that_identifies(api: Api) -> None:
    for name in ("firstname", "colour", None):
        each = {"id": "x", "properties": {}, **({"idProperty": name} if name else {})}
        api.post(f"{BATCH}/upsert", {"inputs": [each]}, 400)


def test_upserts_by_an_own_unique_property(api: Api) -> None:
    made = {
        "name": "customer_no",
        "label": "Customer number",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
        "hasUniqueValue": True,
    }
    api.post("/crm/v3/properties/contacts", made)
    inputs = [
        {"id": "C-1", "idProperty": "customer_no", "properties": {"firstname": name}} for name in ("Ada",)
    ]

    first = api.post(f"{BATCH}/upsert", {"inputs": inputs}, 200)
    second = api.post(f"{BATCH}/upsert", {"inputs": inputs}, 200)

    assert [first["results"][0]["new"], second["results"][0]["new"]] == [True, False]
    assert ids(first) == ids(second)
    assert first["results"][0]["properties"]["customer_no"] == "C-1"
    refused = api.post("/crm/v3/objects/contacts", {"properties": {"customer_no": "C-1"}}, 400)
    assert refused["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    assert api.get("/crm/v3/objects/contacts/C-1?idProperty=customer_no")["id"] == ids(first)[0]


def test_unknown_numbers_are_no_error_when_archiving(api: Api) -> None:
    id_ = api.make("contacts", firstname="Ada")
    api.post(
        f"{BATCH}/archive", {"inputs": [{"id": "999999999"}, {"id": id_}, {"id": id_}, {"id": "x"}]}, 204
    )
    api.get(f"/crm/v3/objects/contacts/{id_}", 404)


def test_histories_are_read_in_batches_of_fifty(api: Api) -> None:
    id_ = api.make("contacts", firstname="Ada")
    answer = api.post(f"{BATCH}/read", {"inputs": [{"id": id_}], "propertiesWithHistory": ["firstname"]}, 200)
    assert answer["results"][0]["propertiesWithHistory"]["firstname"][0]["value"] == "Ada"
    many = [{"id": str(number)} for number in range(51)]
    api.post(f"{BATCH}/read", {"inputs": many, "propertiesWithHistory": ["firstname"]}, 400)
