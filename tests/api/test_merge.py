"""Two records that turn out to be the same become one."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("hubspot")

from hubspot import HubSpot
from hubspot.crm import contacts

from tests.api.conftest import Api, NewApi, tie

CONTACTS = "/crm/v3/objects/contacts"


def test_the_first_record_keeps_its_number_and_takes_what_it_lacks(api: Api) -> None:
    first = api.make("contacts", email="ada@example.com", firstname="Ada")
    engines = api.make("companies", name="Engines")
    second = api.make("contacts", [tie(engines, 1)], firstname="Augusta", lastname="King")

    merged = api.post(f"{CONTACTS}/merge", {"primaryObjectId": first, "objectIdToMerge": second}, 200)

    assert merged["id"] == first
    assert merged["properties"]["firstname"] == "Ada"
    assert merged["properties"]["lastname"] == "King"
    tied = api.get(f"/crm/v4/objects/contacts/{first}/associations/companies")["results"]
    assert [each["toObjectId"] for each in tied] == [int(engines)]
    api.get(f"{CONTACTS}/{second}", 404)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("companies", {"name": "Engines"}),
        ("deals", {"dealname": "Engine", "dealstage": "contractsent"}),
        ("tickets", {"subject": "Help", "hs_pipeline_stage": "1"}),
    ],
)
def test_companies_deals_and_tickets_are_merged_as_well(
    api: Api, kind: str, properties: dict[str, str]
) -> None:
    first, second = api.make(kind, **properties), api.make(kind, **properties)

    body = {"primaryObjectId": int(first), "objectIdToMerge": int(second)}
    assert api.post(f"/crm/objects/2026-03/{kind}/merge", body, 200)["id"] == first


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"primaryObjectId": "1"},
        {"primaryObjectId": "x", "objectIdToMerge": "2"},
        {"primaryObjectId": [], "objectIdToMerge": {}},
        {"primaryObjectId": True, "objectIdToMerge": 1.5},
        {"primaryObjectId": "7", "objectIdToMerge": "7"},
    ],
)
def test_a_merge_that_makes_no_sense_is_refused(api: Api, body: Any) -> None:
    api.post(f"{CONTACTS}/merge", body, 400)


def test_records_that_are_not_there_and_other_objects_are_not_merged(api: Api, another: NewApi) -> None:
    ada = api.make("contacts", firstname="Ada")
    foreign = another().make("contacts", firstname="Ada")

    api.post(f"{CONTACTS}/merge", {"primaryObjectId": ada, "objectIdToMerge": "999999999999"}, 404)
    api.post(f"{CONTACTS}/merge", {"primaryObjectId": ada, "objectIdToMerge": foreign}, 404)
    api.post("/crm/v3/objects/invoices/merge", {"primaryObjectId": "1", "objectIdToMerge": "2"}, 400)
    api.get(f"{CONTACTS}/{ada}")


def test_who_may_only_read_merges_nothing(api: Api, another: NewApi, account: Any) -> None:
    ada, bob = api.make("contacts", firstname="Ada"), api.make("contacts", firstname="Bob")
    reader = another(account, "crm.objects.contacts.read")

    reader.post(f"{CONTACTS}/merge", {"primaryObjectId": ada, "objectIdToMerge": bob}, 403)


def test_the_library_merges(api: Api) -> None:
    ada, bob = api.make("contacts", firstname="Ada"), api.make("contacts", lastname="King")
    client = HubSpot(access_token=api.token, host=api.address)

    merged = client.crm.contacts.basic_api.merge(
        contacts.PublicMergeInput(primary_object_id=ada, object_id_to_merge=bob)
    )

    assert merged.id == ada
    assert merged.properties["lastname"] == "King"
