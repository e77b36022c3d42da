"""Ties between two records of one object: contacts that know each other, and companies that own others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api, tie

V4 = "/crm/v4/objects"
PLAIN, PARENT, CHILD = 450, 14, 13
COMPANIES = f"{V4}/companies"


def types(*numbers: int, category: str = "HUBSPOT_DEFINED") -> list[dict[str, Any]]:
    return [{"associationCategory": category, "associationTypeId": number} for number in numbers]


def told(api: Api, id_: str, kind: str = "companies") -> dict[str, list[int]]:
    """The records of the same object that a record is tied to, each with the numbers of its kinds."""
    results = api.get(f"{V4}/{kind}/{id_}/associations/{kind}")["results"]
    return {
        str(each["toObjectId"]): [number["typeId"] for number in each["associationTypes"]] for each in results
    }


def parent(api: Api, id_: str) -> str | None:
    read = api.get(f"/crm/v3/objects/companies/{id_}?properties=hs_parent_company_id")
    return read["properties"]["hs_parent_company_id"]


@pytest.fixture
def holding(api: Api) -> str:
    return api.make("companies", name="Holding")


@pytest.fixture
def works(api: Api) -> str:
    return api.make("companies", name="Works")


@pytest.mark.parametrize(
    ("kind", "number", "properties"),
    [
        ("contacts", 449, {"firstname": "Ada"}),
        ("companies", 450, {"name": "Engines"}),
        ("deals", 451, {"dealname": "Engine", "dealstage": "contractsent"}),
        ("tickets", 452, {"subject": "Help", "hs_pipeline_stage": "1"}),
    ],
)
def test_two_records_of_one_object_are_tied_alike_from_both_ends(
    api: Api, kind: str, number: int, properties: dict[str, str]
) -> None:
    first, second = api.make(kind, **properties), api.make(kind, **properties)
    made = api.put(f"{V4}/{kind}/{first}/associations/default/{kind}/{second}")

    assert [each["associationSpec"]["associationTypeId"] for each in made["results"]] == [number, number]
    assert (told(api, first, kind), told(api, second, kind)) == ({second: [number]}, {first: [number]})
    filters = [{"propertyName": f"associations.{kind}", "operator": "EQ", "value": second}]
    found = api.post(f"/crm/v3/objects/{kind}/search", {"filters": filters}, 200)
    assert [each["id"] for each in found["results"]] == [first]
    api.delete(f"{V4}/{kind}/{second}/associations/{kind}/{first}")
    assert (told(api, first, kind), told(api, second, kind)) == ({}, {})


def test_nothing_is_tied_to_itself(api: Api, works: str) -> None:
    for number in (PLAIN, PARENT):
        refused = api.put(f"{COMPANIES}/{works}/associations/companies/{works}", types(number), 400)
        assert "itself" in refused["message"]
    assert told(api, works) == {}


@pytest.mark.parametrize("from_child", [True, False])
def test_a_company_has_a_parent_which_sees_it_as_its_child(
    api: Api, holding: str, works: str, from_child: bool
) -> None:
    one, other, number = (works, holding, PARENT) if from_child else (holding, works, CHILD)
    made = api.put(f"{COMPANIES}/{one}/associations/companies/{other}", types(number), 201)

    assert made["labels"] == ["Parent Company" if from_child else "Child Company"]
    assert told(api, works) == {holding: [PLAIN, PARENT]}
    assert told(api, holding) == {works: [PLAIN, CHILD]}
    assert (parent(api, works), parent(api, holding)) == (holding, None)


def test_a_company_has_one_parent_at_most_and_the_former_one_stays_tied(
    api: Api, holding: str, works: str
) -> None:
    trust = api.make("companies", [tie(works, CHILD)], name="Trust")
    assert parent(api, works) == trust
    api.put(f"{COMPANIES}/{works}/associations/companies/{holding}", types(PARENT), 201)

    assert told(api, works) == {holding: [PLAIN, PARENT], trust: [PLAIN]}
    assert parent(api, works) == holding


def test_parent_and_child_change_places(api: Api, holding: str, works: str) -> None:
    path = f"{COMPANIES}/{works}/associations/companies/{holding}"
    api.put(path, types(PARENT, CHILD), 400)
    api.put(path, types(PARENT), 201)
    api.put(path, types(CHILD), 201)

    assert told(api, works) == {holding: [PLAIN, CHILD]}
    assert (parent(api, works), parent(api, holding)) == (None, works)
    api.put(path, types(PLAIN), 201)
    assert (told(api, works), told(api, holding)) == ({holding: [PLAIN]}, {works: [PLAIN]})


def test_a_parent_is_taken_away_with_its_label_or_with_the_tie(api: Api, holding: str, works: str) -> None:
    path = f"{COMPANIES}/{holding}/associations/companies/{works}"
    api.put(path, types(CHILD), 201)
    pair = {"from": {"id": works}, "to": {"id": holding}, "types": types(PARENT)}
    api.post("/crm/v4/associations/companies/companies/batch/labels/archive", {"inputs": [pair]}, 204)
    assert (told(api, works), parent(api, works)) == ({holding: [PLAIN]}, None)

    api.put(path, types(CHILD), 201)
    api.delete(path)
    assert (told(api, works), told(api, holding), parent(api, works)) == ({}, {}, None)


def test_the_older_names_of_parents_and_children_are_understood(api: Api, holding: str, works: str) -> None:
    base = f"/crm/v3/objects/companies/{works}/associations/companies/{holding}"
    api.put(f"{base}/child_to_parent_company")
    assert parent(api, works) == holding
    told_by_v3 = api.get(f"/crm/v3/objects/companies/{holding}/associations/companies")["results"]
    assert [each["type"] for each in told_by_v3] == ["company_to_company", "parent_to_child_company"]


def test_labels_between_contacts_are_one_kind_or_two(api: Api) -> None:
    labels = "/crm/v4/associations/contacts/contacts/labels"
    (friend,) = api.post(labels, {"label": "Friend", "name": "friend"}, 200)["results"]
    pair = api.post(labels, {"label": "Manager", "name": "boss", "inverseLabel": "Employee"}, 200)["results"]
    boss, employee = (each["typeId"] for each in pair)
    ada, grace = api.make("contacts", firstname="Ada"), api.make("contacts", firstname="Grace")

    path = f"{V4}/contacts/{ada}/associations/contacts/{grace}"
    api.put(path, types(friend["typeId"], boss, category="USER_DEFINED"), 201)

    assert told(api, ada, "contacts") == {grace: [449, friend["typeId"], boss]}
    assert told(api, grace, "contacts") == {ada: [449, friend["typeId"], employee]}


def test_companies_that_become_one_are_not_tied_to_themselves(api: Api, holding: str, works: str) -> None:
    office = api.make("companies", [tie(works, PARENT)], name="Office")
    api.put(f"{COMPANIES}/{works}/associations/companies/{holding}", types(PARENT), 201)
    api.put(f"{COMPANIES}/{works}/associations/default/companies/{holding}")

    body = {"primaryObjectId": holding, "objectIdToMerge": works}
    api.post("/crm/v3/objects/companies/merge", body, 200)

    assert told(api, holding) == {office: [PLAIN, CHILD]}
    assert (parent(api, holding), parent(api, office)) == (None, holding)
