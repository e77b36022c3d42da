"""A person is erased over the API, as HubSpot's libraries do it, and is found nowhere afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from tests.api.conftest import Api, NewApi, tie
from tests.conftest import AnyConnection
from tests.people import places_of

CONTACTS = "/crm/v3/objects/contacts"
ERASE = f"{CONTACTS}/gdpr-delete"
ADA = {
    "email": "ada.quackenbush@example.com",
    "firstname": "Ada",
    "lastname": "Quackenbüsh",
    "phone": "+44 20 7946 0000",
    "address": "12 St James's Square",
}
WORDS = ("ada.quackenbush", "Quackenbüsh", "7946 0000", "St James's")


@pytest.fixture
def ada(api: Api) -> str:
    """A contact who stands in answers, in the journal, and on a deal."""
    key = {"Idempotency-Key": "make ada"}
    made = api.post(CONTACTS, {"properties": {**ADA, "address": "1 Old Road"}}, headers=key)
    api.patch(
        f"{CONTACTS}/{made['id']}",
        {"properties": {"address": ADA["address"]}},
        headers={"Idempotency-Key": "2"},
    )
    api.make("deals", [tie(made["id"], 3)], dealname="Ada Quackenbüsh, engine", dealstage="contractsent")
    return str(made["id"])


@pytest.mark.parametrize("path", [ERASE, "/crm/objects/2026-03/contacts/gdpr-delete", f"{ERASE}/"])
def test_an_erased_contact_is_in_no_list_search_tie_or_history(api: Api, ada: str, path: str) -> None:
    api.post(path, {"objectId": ada}, 204)

    api.get(f"{CONTACTS}/{ada}", 404)
    api.get(f"{CONTACTS}/{ada}?archived=true", 404)
    assert api.get(f"{CONTACTS}?archived=true")["results"] == []
    assert api.post(f"{CONTACTS}/search", {"query": "ada"}, 200)["results"] == []
    deal = api.get("/crm/v3/objects/deals?associations=contacts&propertiesWithHistory=dealname")["results"][0]
    assert "associations" not in deal
    assert deal["properties"]["dealname"] == "[erased], engine"
    api.post(f"{CONTACTS}/merge", {"primaryObjectId": ada, "objectIdToMerge": ada}, 400)


def test_nothing_is_left_in_any_table(
    api: Api, ada: str, account: AccountContext, owner: AnyConnection
) -> None:
    assert places_of(owner, account.id, WORDS)

    api.post(ERASE, {"objectId": ada}, 204)

    assert places_of(owner, account.id, WORDS) == []


def test_an_answer_that_spoke_of_the_person_is_not_given_again_and_nothing_is_done_again(
    api: Api, ada: str
) -> None:
    api.post(ERASE, {"objectId": ada}, 204)

    again = {"properties": {**ADA, "address": "1 Old Road"}}
    refused = api.post(CONTACTS, again, 400, headers={"Idempotency-Key": "make ada"})

    assert "erased" in refused["message"]
    assert api.get(CONTACTS)["results"] == []


def test_the_feed_keeps_its_numbers_and_tells_of_the_erasure(api: Api, ada: str) -> None:
    before = api.get("/kalends/v1/events?limit=100")["results"]

    api.post(ERASE, {"objectId": ada}, 204)

    after = api.get("/kalends/v1/events?limit=100")["results"]
    assert [each["id"] for each in after][: len(before)] == [each["id"] for each in before]
    assert "Quackenb" not in str(after)
    assert (after[-1]["kind"], str(after[-1]["objectId"])) == ("contact.erased", ada)


def test_by_its_address_whatever_its_capitals_also_when_it_was_archived(api: Api, ada: str) -> None:
    api.delete(f"{CONTACTS}/{ada}")
    living = api.make("contacts", email=ADA["email"])

    api.post(ERASE, {"objectId": "Ada.Quackenbush@Example.com", "idProperty": "email"}, 204)

    assert api.get(f"{CONTACTS}?archived=true")["results"] == []
    api.get(f"{CONTACTS}/{living}", 404)


@pytest.mark.parametrize(
    "body",
    [
        {"objectId": "999999999999"},
        {"objectId": 999999999999},
        {"objectId": "nobody@example.com", "idProperty": "email"},
        {"objectId": "999999999999", "idProperty": "hs_object_id"},
    ],
)
def test_whoever_is_not_there_is_erased_already(api: Api, body: Any) -> None:
    api.post(ERASE, body, 204)


def test_twice_is_no_error_and_a_foreign_contact_stays(api: Api, another: NewApi, ada: str) -> None:
    theirs = another()
    grace = theirs.make("contacts", firstname="Grace")

    for id_ in (ada, ada, grace):
        api.post(ERASE, {"objectId": id_}, 204)

    assert theirs.get(f"{CONTACTS}/{grace}")["id"] == grace


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"objectId": "x"},
        {"objectId": None},
        {"objectId": ["1"]},
        {"objectId": True},
        {"objectId": "a@b.c", "idProperty": "nonsense"},
        {"objectId": "Ada", "idProperty": "firstname"},
        {"objectId": 7, "idProperty": "email"},
        {"objectId": "a\x00b", "idProperty": "email"},
        {"objectId": "a", "idProperty": ["email"]},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(api: Api, ada: str, body: Any) -> None:
    api.post(ERASE, body, 400)
    api.get(f"{CONTACTS}/{ada}")


def test_what_must_end_first_is_named_one_by_one(api: Api, ada: str) -> None:
    line = api.make(
        "line_items", name="Engine", price="100", quantity="1", recurringbillingfrequency="monthly"
    )
    subscription = api.make(
        "subscriptions", [tie(ada, 295), tie(line, 301)], hs_name="Engine", hs_currency_code="EUR",
        hs_recurring_billing_start_date="2026-02-01",
    )  # fmt: skip
    api.patch(f"/crm/v3/objects/subscriptions/{subscription}", {"properties": {"hs_invoice_creation": "on"}})

    refused = api.post(ERASE, {"objectId": ada}, 400)

    assert [each["code"] for each in refused["errors"]] == ["CANNOT_ERASE"]
    assert f"Subscription {subscription} (Engine) is scheduled: cancel it first." in refused["message"]
    api.post(f"/payments-subscriptions/v1/subscriptions/crm/{subscription}/cancel", None, 200)
    api.post(ERASE, {"objectId": ada}, 204)


def test_only_contacts_are_erased_and_only_by_who_may_write_them(
    api: Api, another: NewApi, account: Any, ada: str
) -> None:
    api.post("/crm/v3/objects/companies/gdpr-delete", {"objectId": "1"}, 400)
    another(account, "crm.objects.contacts.read").post(ERASE, {"objectId": ada}, 403)


def test_the_library_purges(api: Api, ada: str) -> None:
    pytest.importorskip("hubspot")
    from hubspot import HubSpot
    from hubspot.crm.contacts import PublicGdprDeleteInput

    client = HubSpot(access_token=api.token, host=api.address)

    assert client.crm.contacts.basic_api.purge(PublicGdprDeleteInput(object_id=ada)) is None
    assert (
        client.crm.contacts.basic_api.purge(
            PublicGdprDeleteInput(object_id=ADA["email"], id_property="email")
        )
        is None
    )
    api.get(f"{CONTACTS}/{ada}", 404)
