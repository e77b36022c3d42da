"""HubSpot's own library for Python works with nothing changed but the address."""

from __future__ import annotations

import pytest

pytest.importorskip("hubspot")

from hubspot import HubSpot
from hubspot.crm import contacts, objects
from hubspot.crm.contacts.exceptions import NotFoundException, UnauthorizedException

from tests.api.conftest import Api, tie


@pytest.fixture
def client(api: Api) -> HubSpot:
    return HubSpot(access_token=api.token, host=api.address)


def test_a_contact_from_beginning_to_end(client: HubSpot) -> None:
    basic = client.crm.contacts.basic_api
    made = basic.create(
        contacts.SimplePublicObjectInputForCreate(
            properties={"email": "ada@example.com", "firstname": "Ada"}, associations=[]
        )
    )
    assert made.properties["email"] == "ada@example.com"
    assert made.created_at.year == 2026

    read = basic.get_by_id(
        "ada@example.com", id_property="email", properties=["firstname", "city"], archived=False
    )
    assert read.id == made.id
    changed = basic.update(made.id, contacts.SimplePublicObjectInput(properties={"city": "London"}))
    assert changed.properties["city"] == "London"
    told = basic.get_by_id(made.id, properties_with_history=["city"])
    assert [each.value for each in told.properties_with_history["city"]] == ["London"]
    basic.archive(made.id)
    with pytest.raises(NotFoundException):
        basic.get_by_id(made.id)
    assert basic.get_by_id(made.id, archived=True).archived_at.year == 2026


def test_every_page_is_read(client: HubSpot) -> None:
    inputs = [
        contacts.SimplePublicObjectBatchInputForCreate(
            properties={"firstname": f"P{number}"}, associations=[]
        )
        for number in range(100)
    ]
    for _ in range(2):
        answer = client.crm.contacts.batch_api.create(
            contacts.BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs)
        )
        assert len(answer.results) == 100
    assert len(client.crm.contacts.get_all(properties=["firstname"])) == 200


def test_subscriptions_by_the_generic_methods(api: Api, client: HubSpot) -> None:
    ada = api.make("contacts", firstname="Ada")
    generic = client.crm.objects
    made = generic.basic_api.create(
        "subscriptions",
        objects.SimplePublicObjectInputForCreate(
            properties={"hs_name": "Gold"}, associations=[tie(ada, 295)]
        ),
    )
    found = generic.search_api.do_search(
        "0-69",
        objects.PublicObjectSearchRequest(
            filter_groups=[
                objects.FilterGroup(
                    filters=[objects.Filter(property_name="hs_name", operator="EQ", value="gold")]
                )
            ],
            sorts=["-hs_createdate"],
            properties=["hs_name", "hs_status"],
            limit=10,
        ),
    )
    assert (found.total, found.results[0].id) == (1, made.id)
    assert found.results[0].properties["hs_status"] == "active"
    read = generic.basic_api.get_by_id("subscription", made.id, associations=["contacts"])
    assert [each.id for each in read.associations["contacts"].results] == [ada]


def test_batches_and_their_errors(client: HubSpot) -> None:
    batch = client.crm.contacts.batch_api
    made = batch.upsert(
        contacts.BatchInputSimplePublicObjectBatchInputUpsert(
            inputs=[
                contacts.SimplePublicObjectBatchInputUpsert(
                    id="ada@example.com", id_property="email", properties={"firstname": "Ada"}
                )
            ]
        )
    )
    assert made.results[0].new is True
    answer = batch.read(
        contacts.BatchReadInputSimplePublicObjectId(
            inputs=[
                contacts.SimplePublicObjectId(id=made.results[0].id),
                contacts.SimplePublicObjectId(id="999999999"),
            ],
            properties=["firstname"],
            properties_with_history=[],
        )
    )
    assert answer.num_errors == 1
    assert answer.errors[0].category == "OBJECT_NOT_FOUND"
    batch.archive(
        contacts.BatchInputSimplePublicObjectId(inputs=[contacts.SimplePublicObjectId(id=made.results[0].id)])
    )


def test_who_is_not_known_gets_the_exception_for_it(api: Api) -> None:
    with pytest.raises(UnauthorizedException):
        HubSpot(access_token="nonsense", host=api.address).crm.contacts.basic_api.get_page()
