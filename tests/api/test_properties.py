"""Properties: those of the product can be read, those of the account can be made, changed and put away."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("hubspot")

from hubspot import HubSpot
from hubspot.crm import properties

from kalends.catalog import OBJECTS
from tests.api.conftest import Api, NewApi

BASE = "/crm/v3/properties"
CONTACTS = f"{BASE}/contacts"
TYPES = {"string", "number", "date", "datetime", "enumeration", "bool"}
COLOR: dict[str, Any] = {
    "name": "color",
    "label": "Color",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "contactinformation",
    "options": [
        {"label": "Red", "value": "red", "displayOrder": 0},
        {"label": "Blue", "value": "blue", "displayOrder": 1, "hidden": True},
    ],
}
PLAIN: dict[str, Any] = {
    "name": "nickname",
    "label": "Nickname",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
}


@pytest.fixture
def client(api: Api) -> HubSpot:
    return HubSpot(access_token=api.token, host=api.address)


@pytest.mark.parametrize("name", [obj.plural for obj in OBJECTS.values()])
def test_every_property_of_the_catalogue_is_told_in_a_group_that_there_is(api: Api, name: str) -> None:
    obj = next(each for each in OBJECTS.values() if each.plural == name)

    told = {each["name"]: each for each in api.get(f"{BASE}/{name}")["results"]}
    groups = {each["name"] for each in api.get(f"/crm/properties/2026-03/{obj.type_id}/groups")["results"]}

    prices = {each for each in told if name == "products" and each.startswith("hs_price_")}
    assert set(told) - prices == set(obj.by_name), "and a price for each further currency of the account"
    assert {each["type"] for each in told.values()} <= TYPES
    assert {each["groupName"] for each in told.values()} <= groups
    assert all(each["hubspotDefined"] and each["label"] and each["fieldType"] for each in told.values())
    assert api.get(f"{BASE}/{obj.api_name}/{obj.created}") == told[obj.created]


def test_a_status_has_its_options_and_cannot_be_written(api: Api) -> None:
    status = api.get(f"{BASE}/subscriptions/hs_status")

    assert ("active", "Active") in [(each["value"], each["label"]) for each in status["options"]]
    assert status["groupName"] == "subscriptioninformation"
    assert status["modificationMetadata"]["readOnlyDefinition"] is True
    assert ("active", "Aktiv") in [
        (each["value"], each["label"])
        for each in api.get(f"{BASE}/subscriptions/hs_status?locale=nb")["options"]
    ]


def test_the_stages_of_a_deal_are_those_of_the_account(api: Api) -> None:
    stages = [each["value"] for each in api.get(f"{BASE}/deals/dealstage")["options"]]

    assert "closedwon" in stages


def test_a_property_of_ones_own_is_made_used_changed_put_away_and_not_found_after(api: Api) -> None:
    made = api.post(CONTACTS, COLOR)

    assert made["hubspotDefined"] is False
    assert made["archived"] is False
    assert [each["value"] for each in made["options"]] == ["red", "blue"]
    assert api.get(f"{CONTACTS}/color") == made
    ada = api.make("contacts", firstname="Ada", color="red")
    assert api.get(f"/crm/v3/objects/contacts/{ada}?properties=color")["properties"]["color"] == "red"

    changed = api.patch(f"{CONTACTS}/color", {"label": "Favorite color", "description": "Of all"})
    assert (changed["label"], changed["description"]) == ("Favorite color", "Of all")
    assert changed["options"] == made["options"]

    api.delete(f"{CONTACTS}/color")
    api.delete(f"{CONTACTS}/color")
    api.get(f"{CONTACTS}/color", 404)
    assert api.get(f"{CONTACTS}/color?archived=True")["archivedAt"]
    assert [each["name"] for each in api.get(f"{CONTACTS}?archived=true")["results"]] == ["color"]


def test_a_second_property_of_the_same_name_is_a_conflict(api: Api) -> None:
    api.post(CONTACTS, PLAIN)

    for body in (PLAIN, {**PLAIN, "name": "email"}):
        answer = api.ask("POST", CONTACTS, body)
        assert answer.status_code == 409
        assert answer.json()["category"] == "OBJECT_ALREADY_EXISTS"
        assert answer.headers["x-should-retry"] == "false"


def test_everything_that_is_missing_is_told_at_once(api: Api) -> None:
    refused = api.post(CONTACTS, {"name": "color"}, 400)

    assert [each["in"] for each in refused["errors"]] == ["label", "type", "fieldType", "groupName"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Not a name"},
        {"name": "hs_mine"},
        {"name": "a" * 101},
        {"name": 7},
        {"name": "nul\x00"},
        {"label": ""},
        {"label": "\x00"},
        {"label": ["x"]},
        {"label": "x" * 70_000},
        {"type": "color"},
        {"type": {}},
        {"fieldType": "checkbox"},
        {"groupName": "nowhere"},
        {"groupName": "no\x00where"},
        {"options": "red"},
        {"options": [1]},
        {"options": [{}]},
        {"options": [{"value": "a", "label": "A"}]},
        {"displayOrder": 10**30},
        {"displayOrder": "first"},
        {"displayOrder": True},
        {"displayOrder": -2},
        {"hidden": "perhaps"},
        {"hasUniqueValue": []},
        {"type": "bool", "fieldType": "booleancheckbox", "hasUniqueValue": True},
        {"type": "enumeration", "fieldType": "select", "options": []},
        {"externalOptions": True, "referencedObjectType": "CONTACT"},
    ],
)
def test_a_property_that_cannot_be_is_refused_and_not_made(api: Api, change: dict[str, Any]) -> None:
    api.post(CONTACTS, {**PLAIN, **change}, 400)
    batch = api.post(f"{CONTACTS}/batch/create", {"inputs": [{**PLAIN, **change}]}, 207)

    assert batch["results"] == []
    assert batch["numErrors"] == 1
    assert all(each["hubspotDefined"] for each in api.get(CONTACTS)["results"])


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b'{"label": "\\udc00"}', b"\xff"])
def test_a_body_that_is_no_property_is_refused(api: Api, body: bytes) -> None:
    assert api.ask("POST", CONTACTS, body).status_code == 400
    assert api.ask("POST", f"{CONTACTS}/groups", body).status_code == 400
    assert api.ask("POST", f"{CONTACTS}/batch/create", body).status_code == 400
    assert api.ask("POST", f"{CONTACTS}/batch/read", body).status_code == 400


def test_the_type_of_a_property_stays(api: Api) -> None:
    api.post(CONTACTS, PLAIN)

    api.patch(f"{CONTACTS}/nickname", {"type": "number", "fieldType": "number"}, 400)
    api.patch(f"{CONTACTS}/nickname", {"hasUniqueValue": True}, 400)
    assert api.patch(f"{CONTACTS}/nickname", {"fieldType": "textarea"})["fieldType"] == "textarea"
    assert api.patch(f"{CONTACTS}/nickname", {"label": None})["label"] == "Nickname"


def test_what_the_product_declares_cannot_be_changed(api: Api) -> None:
    api.patch(f"{CONTACTS}/email", {"label": "Address"}, 400)
    api.delete(f"{CONTACTS}/email", 400)
    api.post(f"{CONTACTS}/batch/archive", {"inputs": [{"name": "email"}]}, 400)
    api.patch(f"{CONTACTS}/groups/contactinformation", {"label": "Mine"}, 400)


def test_what_is_not_there_is_not_found(api: Api) -> None:
    for name in ("colour", "%00", "' OR 1=1", "\N{SNOWMAN}", "a" * 3_000):
        api.get(f"{CONTACTS}/{name}", 404)
        api.get(f"{CONTACTS}/groups/{name}", 404)
        assert api.ask("PATCH", f"{CONTACTS}/{name}", {"label": "x"}).status_code in (400, 404)
        assert api.ask("DELETE", f"{CONTACTS}/{name}").status_code in (400, 404)
        assert api.ask("DELETE", f"{CONTACTS}/groups/{name}").status_code == 404
    api.get(f"{BASE}/pets", 400)
    api.get(f"{CONTACTS}/email?archived=perhaps", 400)


def test_owners_can_be_the_options_of_a_property(api: Api) -> None:
    made = api.post(
        CONTACTS,
        {
            **PLAIN,
            "type": "enumeration",
            "fieldType": "select",
            "externalOptions": True,
            "referencedObjectType": "OWNER",
        },
    )

    assert (made["externalOptions"], made["referencedObjectType"], made["options"]) == (True, "OWNER", [])


def test_properties_are_read_and_put_away_in_batches(api: Api) -> None:
    made = api.post(f"{CONTACTS}/batch/create", {"inputs": [COLOR, PLAIN]})
    partly = api.post(f"{CONTACTS}/batch/create", {"inputs": [{**PLAIN, "name": "pet"}, COLOR]}, 207)
    read = api.post(
        f"{CONTACTS}/batch/read", {"archived": False, "inputs": [{"name": "email"}, {"name": "pet"}]}, 200
    )
    missing = api.post(f"{CONTACTS}/batch/read", {"inputs": [{"name": "none"}, {"name": "pet"}]}, 207)
    api.post(f"{CONTACTS}/batch/archive", {"inputs": [{"name": "pet"}, {"name": "none"}]}, 204)

    assert [each["name"] for each in made["results"]] == ["color", "nickname"]
    assert [each["name"] for each in partly["results"]] == ["pet"]
    assert partly["errors"][0]["category"] == "OBJECT_ALREADY_EXISTS"
    assert [each["name"] for each in read["results"]] == ["email", "pet"]
    assert missing["errors"][0]["context"] == {"name": ["none"]}
    api.get(f"{CONTACTS}/pet", 404)


@pytest.mark.parametrize("verb", ["read", "archive"])
@pytest.mark.parametrize(
    "inputs", [None, {}, [1], [{}], [{"name": 1}], [{"name": "\x00"}], [{"name": "a"}] * 101]
)
def test_a_batch_of_names_that_makes_no_sense_is_refused(api: Api, verb: str, inputs: Any) -> None:
    api.post(f"{CONTACTS}/batch/{verb}", {"inputs": inputs}, 400)


def test_a_group_is_made_changed_and_put_away_once_it_is_empty(api: Api) -> None:
    made = api.post(f"{CONTACTS}/groups", {"name": "taste", "label": "Taste", "displayOrder": 3})
    api.post(CONTACTS, {**PLAIN, "groupName": "taste"})

    assert made == {"name": "taste", "label": "Taste", "displayOrder": 3, "archived": False}
    assert api.patch(f"{CONTACTS}/groups/taste", {"label": "Tastes"})["label"] == "Tastes"
    assert api.get(f"{CONTACTS}/groups/taste")["displayOrder"] == 3
    api.delete(f"{CONTACTS}/groups/taste", 400)
    api.patch(f"{CONTACTS}/nickname", {"groupName": "contactinformation"})
    api.delete(f"{CONTACTS}/groups/taste")
    api.get(f"{CONTACTS}/groups/taste", 404)
    assert [each["name"] for each in api.get(f"{CONTACTS}/groups?archived=true")["results"]] == ["taste"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "", "label": "X"},
        {"name": "X Y", "label": "X"},
        {"name": 1, "label": 2},
        {"name": "x", "label": ""},
        {"name": "x", "label": "\x00"},
        {"name": "x", "label": "X", "displayOrder": {}},
    ],
)
def test_a_group_that_cannot_be_is_refused(api: Api, body: Any) -> None:
    api.post(f"{CONTACTS}/groups", body, 400)


def test_a_group_of_a_name_that_is_taken_is_a_conflict(api: Api) -> None:
    api.post(f"{CONTACTS}/groups", {"name": "contactinformation", "label": "Mine"}, 409)


def test_properties_belong_to_one_account(api: Api, another: NewApi) -> None:
    api.post(CONTACTS, COLOR)

    other = another()

    other.get(f"{CONTACTS}/color", 404)
    assert other.post(CONTACTS, {**COLOR, "label": "Hue"})["label"] == "Hue"
    assert api.get(f"{CONTACTS}/color")["label"] == "Color"


def test_reading_and_making_properties_have_scopes_of_their_own(
    api: Api, another: NewApi, account: Any
) -> None:
    reader = another(account, "crm.schemas.contacts.read")

    reader.get(CONTACTS)
    refused = reader.post(CONTACTS, PLAIN, 403)

    assert refused["errors"][0]["context"]["requiredGranularScopes"] == ["crm.schemas.contacts.write"]
    another(account, "crm.objects.contacts.read").get(CONTACTS, 403)


def test_the_library_does_all_of_it(client: HubSpot) -> None:
    core, groups, batch = (
        client.crm.properties.core_api,
        client.crm.properties.groups_api,
        client.crm.properties.batch_api,
    )
    group = groups.create("contacts", properties.PropertyGroupCreate(name="taste", label="Taste"))
    wanted = properties.PropertyCreate(
        name="color",
        label="Color",
        type="enumeration",
        field_type="radio",
        group_name=group.name,
        options=[properties.OptionInput(label="Red", value="red", display_order=0, hidden=False)],
    )

    made = core.create("contacts", wanted)
    listed = core.get_all("contacts", archived=False)
    named = core.get_by_name("contacts", "color")
    changed = core.update("contacts", "color", properties.PropertyUpdate(label="Hue"))
    read = batch.read(
        "contacts",
        properties.BatchReadInputPropertyName(archived=False, inputs=[properties.PropertyName(name="color")]),
    )
    batch.archive(
        "contacts", properties.BatchInputPropertyName(inputs=[properties.PropertyName(name="color")])
    )
    groups.archive("contacts", "taste")

    assert (made.name, named.options[0].value, changed.label) == ("color", "red", "Hue")
    assert made.modification_metadata.archivable is True
    assert {"email", "color"} <= {each.name for each in listed.results}
    assert [each.name for each in read.results] == ["color"]
    assert "taste" not in [each.name for each in groups.get_all("contacts").results]
    with pytest.raises(properties.exceptions.NotFoundException):
        core.get_by_name("contacts", "color")
