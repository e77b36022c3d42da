"""HubSpot's newer library for Python, generated from its OpenAPI files, works over the dated paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("hubspot_sdk")

import httpx
import hubspot_sdk
from hubspot_sdk import HubSpot

from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.people import add_member, add_user
from tests.api.conftest import Api, NewApi, new_account, tie
from tests.conftest import AnyConnection

NOBODY = "99999999999"
NewClient = Callable[[Api], HubSpot]


class Wire:
    """What the library sent, and what came back."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answered: list[int] = []

    def client(self) -> httpx.Client:
        def noted(answer: httpx.Response) -> None:
            self.answered.append(answer.status_code)

        return httpx.Client(event_hooks={"request": [self.asked.append], "response": [noted]})


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def open_client(wire: Wire) -> Iterator[NewClient]:
    opened: list[HubSpot] = []

    def new(api: Api) -> HubSpot:
        opened.append(
            HubSpot(access_token=api.token, base_url=api.address, http_client=wire.client(), max_retries=2)
        )
        return opened[-1]

    yield new
    for each in opened:
        each.close()


@pytest.fixture
def client(api: Api, open_client: NewClient) -> HubSpot:
    return open_client(api)


def defined(*type_ids: int) -> list[dict[str, object]]:
    return [
        {"association_category": "HUBSPOT_DEFINED", "association_type_id": type_id} for type_id in type_ids
    ]


def test_a_contact_from_beginning_to_end(client: HubSpot) -> None:
    contacts = client.crm.objects.contacts
    made = contacts.create(properties={"email": "Ada@Example.com", "firstname": "Ada"}, associations=[])
    assert (made.properties["email"], made.archived) == ("ada@example.com", False)

    changed = contacts.update("ada@example.com", id_property="email", properties={"city": "London"})
    assert (changed.id, changed.properties["city"]) == (made.id, "London")
    read = contacts.get(
        made.id, properties=["firstname", "city", "nothing"], properties_with_history=["city"]
    )
    assert read.properties is not None
    assert (read.properties["firstname"], "nothing" in read.properties) == ("Ada", False)
    assert read.properties_with_history is not None
    assert [each.value for each in read.properties_with_history["city"]] == ["London"]
    contacts.delete(made.id)
    with pytest.raises(hubspot_sdk.NotFoundError):
        contacts.get(made.id)
    assert contacts.get(made.id, archived=True).archived is True


def test_lists_travel_with_commas(client: HubSpot, wire: Wire) -> None:
    made = client.crm.objects.companies.create(
        properties={"name": "Nordlys", "city": "Oslo"}, associations=[]
    )
    read = client.crm.objects.companies.get(
        made.id, properties=["name", "city"], associations=["contacts", "deals"]
    )

    assert b"name%2Ccity" in wire.asked[-1].url.query or b"name,city" in wire.asked[-1].url.query
    assert read.properties is not None
    assert (read.properties["name"], read.properties["city"]) == ("Nordlys", "Oslo")


def test_every_page_is_read(client: HubSpot) -> None:
    contacts = client.crm.objects.contacts
    inputs = [{"properties": {"firstname": f"P{number}"}, "associations": []} for number in range(45)]
    made = contacts.batch.create(inputs=inputs)  # pyright: ignore[reportArgumentType]
    ids = [each.id for each in contacts.list(limit=20)]
    assert ids == [each.id for each in made.results]


def test_subscriptions_by_the_generic_methods(api: Api, client: HubSpot) -> None:
    ada = api.make("contacts", firstname="Ada")
    generic = client.crm.objects.generic_objects
    made = generic.create(
        "subscriptions",
        properties={"hs_name": "Gold"},
        associations=[
            {
                "to": {"id": ada},
                "types": [{"association_category": "HUBSPOT_DEFINED", "association_type_id": 295}],
            }
        ],
    )
    found = generic.search(
        "0-69",
        filter_groups=[
            {"filters": [{"property_name": "hs_name", "operator": "EQ", "value": "gold"}]},
            {"filters": [{"property_name": "hs_mrr", "operator": "GT", "value": "7"}]},
        ],
        sorts=["-hs_createdate"],
        properties=["hs_name"],
        limit=10,
        after="0",
    )
    assert (found.total, found.results[0].id) == (1, made.id)
    changed = generic.update(made.id, object_type="subscription", properties={"hs_name": "Silver"})
    assert changed.properties["hs_name"] == "Silver"
    read = generic.get(made.id, object_type="0-69", associations=["contacts"])
    assert read.associations is not None
    assert [each.id for each in read.associations["contacts"].results] == [ada]
    generic.delete(made.id, object_type="subscriptions")
    with pytest.raises(hubspot_sdk.NotFoundError):
        generic.get(made.id, object_type="subscriptions")


def test_batches_and_what_is_missing(client: HubSpot, wire: Wire) -> None:
    batch = client.crm.objects.contacts.batch
    inputs = [{"id": f"{name}@example.com", "id_property": "email", "properties": {"firstname": name}}
              for name in ("ada", "grace")]  # fmt: skip
    made = batch.upsert(inputs=inputs)  # pyright: ignore[reportArgumentType]
    ids = [each.id for each in made.results]
    assert [each.new for each in made.results] == [True, True]

    changed = batch.update(inputs=[{"id": each, "properties": {"city": "London"}} for each in ids])
    assert {each.properties["city"] for each in changed.results} == {"London"}
    read = batch.get(
        inputs=[{"id": each} for each in (*ids, NOBODY)], properties=["city"], properties_with_history=[]
    )
    assert sorted(each.id for each in read.results) == sorted(ids)
    assert wire.answered[-1] == 207
    batch.delete(inputs=[{"id": each} for each in ids])
    assert wire.answered[-1] == 204


def test_two_contacts_become_one(api: Api, client: HubSpot) -> None:
    kept, given = api.make("contacts", firstname="Ada"), api.make("contacts", city="London")
    merged = client.crm.objects.contacts.merge(primary_object_id=kept, object_id_to_merge=given)
    assert (merged.id, merged.properties["city"]) == (kept, "London")


def test_associations_one_by_one_and_in_bulk(api: Api, client: HubSpot) -> None:
    ada, engines = api.make("contacts", firstname="Ada"), api.make("companies", name="Engines")
    ties, between = (
        client.crm.associations,
        {"object_type": "contacts", "object_id": ada, "to_object_type": "companies"},
    )
    plain = ties.create(engines, from_object_type="contacts", from_object_id=ada, to_object_type="companies")
    assert sorted(each.association_spec.association_type_id for each in plain.results) == [279, 280]
    ties.update_labels(engines, body=defined(1), **between)  # pyright: ignore[reportArgumentType]
    (told,) = ties.list("companies", object_type="contacts", object_id=ada)
    assert str(told.to_object_id) == engines
    assert [each.type_id for each in told.association_types] == [279, 1]
    ties.delete(engines, **between)
    assert list(ties.list("companies", object_type="contacts", object_id=ada)) == []

    pair = {"from": {"id": ada}, "to": {"id": engines}}
    inputs = [{**pair, "types": defined(279)}]
    made = ties.batch.create("companies", from_object_type="contacts", inputs=inputs)  # pyright: ignore[reportArgumentType]
    assert [str(each.to_object_id) for each in made.results] == [engines]
    read = ties.batch.get("companies", from_object_type="contacts", inputs=[{"id": ada}])
    assert [str(each.to_object_id) for each in read.results[0].to] == [engines]
    ties.batch.delete(
        "companies", from_object_type="contacts", inputs=[{"from": {"id": ada}, "to": [{"id": engines}]}]
    )
    assert list(ties.list("companies", object_type="contacts", object_id=ada)) == []


def test_labels_of_ones_own(client: HubSpot) -> None:
    labels = client.crm.associations_schema.labels
    made = labels.create_label("deals", from_object_type="contacts", label="Adviser", name="adviser")
    number = next(each.type_id for each in made.results if each.label == "Adviser")
    labels.update_label(
        "deals", from_object_type="contacts", association_type_id=number, label="Main adviser"
    )
    known = labels.list_labels("deals", from_object_type="contacts").results
    assert {each.type_id: each.label for each in known} == {4: None, number: "Main adviser"}
    labels.delete_label(number, from_object_type="contacts", to_object_type="deals")
    assert [each.type_id for each in labels.list_labels("deals", from_object_type="contacts").results] == [4]


def test_properties_and_groups_of_ones_own(client: HubSpot) -> None:
    properties = client.crm.properties
    properties.groups.create("contacts", name="shoes", label="Shoes")
    made = properties.create(
        "contacts", name="shoe_size", label="Size", type="number", field_type="number", group_name="shoes"
    )
    assert (made.name, made.group_name, made.hubspot_defined) == ("shoe_size", "shoes", False)
    assert properties.update("shoe_size", object_type="contacts", label="Shoe size").label == "Shoe size"
    assert "shoe_size" in {each.name for each in properties.list("contacts").results}
    read = properties.batch.get(
        "contacts", archived=False, data_sensitivity="non_sensitive", inputs=[{"name": "shoe_size"}]
    )
    assert [each.name for each in read.results] == ["shoe_size"]
    properties.delete("shoe_size", object_type="contacts")
    with pytest.raises(hubspot_sdk.NotFoundError):
        properties.get("shoe_size", object_type="contacts")
    properties.groups.delete("shoes", object_type="contacts")


def test_owners_and_the_account(db: AnyConnection, account: AccountContext, client: HubSpot) -> None:
    olive = add_user(db, email=f"olive.{account.id}@example.com", name="Olive Owner")
    add_member(db, account.id, olive, "admin")

    (owner,) = client.crm.owners.list()
    assert (owner.email, owner.user_id, owner.type) == (f"olive.{account.id}@example.com", olive, "PERSON")
    assert client.crm.owners.get(int(owner.id)).first_name == "Olive"
    assert client.get("/account-info/2026-03/details", cast_to=dict[str, object])["portalId"] == account.id


def test_pipelines_over_their_dated_path(client: HubSpot) -> None:
    told = client.get("/crm/pipelines/2026-03/deals", cast_to=dict[str, list[dict[str, object]]])
    assert [each["id"] for each in told["results"]] == ["default"]


def test_what_is_taken_is_refused_once_and_not_tried_again(client: HubSpot, wire: Wire) -> None:
    contacts = client.crm.objects.contacts
    made = contacts.create(properties={"email": "ada@example.com"}, associations=[])
    with pytest.raises(hubspot_sdk.ConflictError) as refusal:
        contacts.create(properties={"email": "ada@example.com"}, associations=[])

    assert wire.answered == [201, 409]
    assert refusal.value.response.headers["x-should-retry"] == "false"
    assert f"Existing ID: {made.id}" in str(refusal.value)


def test_too_many_searches_are_sent_again_when_they_may(
    another: NewApi, db: AnyConnection, open_client: NewClient, wire: Wire
) -> None:
    hurried = another(new_account(db, "Hurried AS", settings=AccountSettings(api_searches_per_second=2)))
    contacts = open_client(hurried).crm.objects.contacts
    for _ in range(3):
        found = contacts.search(filter_groups=[], sorts=[], properties=[], limit=1, after="0")
        assert found.total == 0
    assert [status for status in wire.answered if status == 200] == [200, 200, 200]
    assert set(wire.answered) <= {200, 429}


@pytest.mark.parametrize(
    ("token", "expected"),
    [("nonsense", hubspot_sdk.AuthenticationError), (None, hubspot_sdk.PermissionDeniedError)],
)
def test_who_may_not_gets_the_exception_for_it(
    another: NewApi,
    account: AccountContext,
    open_client: NewClient,
    token: str | None,
    expected: type[Exception],
) -> None:
    api = another(account, "crm.objects.deals.read")
    api.token = token or api.token
    with pytest.raises(expected):
        open_client(api).crm.objects.contacts.list()


def test_everything_wrong_is_told_in_one_refusal(client: HubSpot) -> None:
    with pytest.raises(hubspot_sdk.BadRequestError) as refusal:
        client.crm.objects.contacts.create(properties={"email": "no", "colour": "blue"}, associations=[])
    body = refusal.value.response.json()
    assert {each["code"] for each in body["errors"]} == {"INVALID_EMAIL", "PROPERTY_DOESNT_EXIST"}


def test_a_tie_can_be_asked_for_at_once(api: Api, client: HubSpot) -> None:
    ada = api.make("contacts", firstname="Ada")
    deal = api.make("deals", [tie(ada, 3)], dealname="Renewal", dealstage="contractsent")
    read = client.crm.objects.deals.get(deal, associations=["contacts"])
    assert read.associations is not None
    assert [each.id for each in read.associations["contacts"].results] == [ada]
