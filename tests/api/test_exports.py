"""Exports for programs, as HubSpot's own client library asks for them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
import requests

pytest.importorskip("hubspot")

from hubspot import HubSpot
from hubspot.crm.exports import PublicExportViewRequest
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.exports import exports
from kalends.exports.kept import LINK_LASTS, link_token, read_link
from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.platform.home import open_home
from kalends.worker.exports import Maker
from tests.api.conftest import Api, NewApi
from tests.conftest import FIRST_MOMENT

START = "/crm/v3/exports/export/async"
ASKED: dict[str, Any] = {
    "exportType": "VIEW",
    "format": "CSV",
    "exportName": "Everybody",
    "language": "EN",
    "objectType": "CONTACT",
    "objectProperties": ["email", "lifecyclestage"],
}


def made(settings: Any) -> None:
    """Let a worker make what waits, in the folder of the installation that the server serves from."""
    settings.MEDIA_ROOT = str(open_home().files)
    assert Maker(system_now, lambda: database.connect(autocommit=True)).drain()


def ask(api: Api, **more: Any) -> str:
    return str(api.post(START, {**ASKED, **more}, 202)["id"])


def status(api: Api, id_: str) -> Any:
    return api.get(f"{START}/tasks/{id_}/status")


def lines(api: Api, told: dict[str, Any]) -> list[list[str]]:
    """The file, fetched without a token."""
    path = told["result"].partition("/crm/")[2]
    answer = requests.get(f"{api.address}/crm/{path}", timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Everybody.csv"'
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_an_export_is_asked_for_made_and_fetched_by_a_link_that_needs_no_token(
    api: Api, settings: Any
) -> None:
    company = api.make("companies", name="Nordlys; Oslo")
    tied = [
        {
            "to": {"id": company},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}],
        }
    ]
    kari = api.make("contacts", tied, email="kari@example.com", lifecyclestage="lead")
    api.make("contacts", email="ola@example.com")
    search = {
        "filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}],
        "sorts": [{"propertyName": "email", "order": "DES"}],
    }
    id_ = ask(api, associatedObjectType=["COMPANY"], publicCrmSearchRequest=search)
    assert status(api, id_)["status"] == "PENDING"
    made(settings)
    told = status(api, id_)
    assert told["status"] == "COMPLETE"
    head, *rows = lines(api, told)
    assert head == ["Record ID", "Email", "Lifecycle stage", "Associated Company IDs", "Associated Company"]
    assert [row[1] for row in rows] == ["ola@example.com", "kari@example.com"]
    assert rows[1] == [kari, "kari@example.com", "Lead", company, "Nordlys  Oslo"]
    one = api.get(f"/crm/exports/2026-03/export/{id_}")
    assert (one["exportState"], one["recordCount"], one["exportName"]) == ("DONE", 2, "Everybody")


def test_a_lists_members_are_exported_with_the_names_that_programs_use(api: Api, settings: Any) -> None:
    kari, _ola = api.make("contacts", email="kari@example.com"), api.make("contacts", email="ola@example.com")
    new = {"name": "Chosen", "objectTypeId": "0-1", "processingType": "MANUAL"}
    list_id = api.post("/crm/v3/lists", new, 200)["list"]["listId"]
    api.put(f"/crm/v3/lists/{list_id}/memberships/add", [kari])
    id_ = ask(api, exportType="LIST", listId=list_id, exportInternalValuesOptions=["NAMES", "VALUES"])
    made(settings)
    assert lines(api, status(api, id_)) == [
        ["hs_object_id", "email", "lifecyclestage"],
        [kari, "kari@example.com", ""],
    ]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"language": "DE"}, "language is to be one of EN, NO, FI"),
        ({"format": "PDF"}, "format"),
        ({"exportType": "EVERYTHING"}, "exportType"),
        ({"objectProperties": ["emial"]}, "emial"),
        ({"objectType": "PET"}, "PET"),
        ({"associatedObjectType": "LINE_ITEM"}, "line_item"),
        ({"exportType": "LIST"}, "listId"),
        ({"format": "XLSX", "overrideAssociatedObjectsPerDefinitionPerRowLimit": True}, "CSV"),
        ({"publicCrmSearchRequest": {"filterGroups": [{"filters": []}] * 4}}, "up to 3 filter groups"),
        (
            {
                "publicCrmSearchRequest": {
                    "filters": [{"propertyName": "emial", "operator": "EQ", "value": "x"}]
                }
            },
            "emial",
        ),
        ({"publicCrmSearchRequest": {"filterGroups": ["x", None]}}, "group"),
    ],
)
def test_what_is_wrong_is_named(api: Api, more: dict[str, Any], named: str) -> None:
    assert named in str(api.post(START, {**ASKED, **more}, 400))


def test_there_are_thirty_in_any_24_hours(api: Api, db: Connection[Any], account: AccountContext) -> None:
    for _ in range(exports.PROGRAMS_A_DAY):
        ask(api)
    assert api.post(START, ASKED, 429)["policyName"] == "EXPORTS"
    db.execute(
        "UPDATE data_export SET asked_at = asked_at - interval '24 hours' WHERE account_id = %s AND id = "
        "(SELECT min(id) FROM data_export WHERE account_id = %s)",
        [account.id, account.id],
    )
    ask(api)
    api.post(START, ASKED, 429)


def test_a_token_needs_the_scope_to_export_and_the_one_to_read_the_object(
    api: Api, another: NewApi, account: AccountContext
) -> None:
    another(account, "crm.objects.contacts.read").post(START, ASKED, 403)
    another(account, "crm.export").post(START, ASKED, 403)
    id_ = str(another(account, "crm.export", "crm.objects.contacts.read").post(START, ASKED, 202)["id"])
    assert status(api, id_)["status"] == "PENDING"
    another().get(f"{START}/tasks/{id_}/status", 404)


def test_a_program_learns_nothing_of_objects_that_it_may_not_read(
    api: Api, another: NewApi, account: AccountContext
) -> None:
    contacts = another(account, "crm.export", "crm.objects.contacts.read")
    told = contacts.post(START, {**ASKED, "associatedObjectType": ["COMPANY"]}, 403)
    assert "crm.objects.companies.read" in str(told)
    id_ = ask(api, associatedObjectType=["COMPANY"])
    for path in (f"{START}/tasks/{id_}/status", f"/crm/exports/2026-03/export/{id_}"):
        contacts.get(path, 403)
    both = another(account, "crm.export", "crm.objects.contacts.read", "crm.objects.companies.read")
    assert status(both, id_)["status"] == "PENDING"


def test_a_link_opens_its_file_for_five_minutes_and_nobody_can_make_one(
    address: str, account: AccountContext
) -> None:
    token = link_token(account.id, 7, FIRST_MOMENT)
    assert read_link(token, FIRST_MOMENT + LINK_LASTS - dt.timedelta(seconds=1)) == (account.id, 7)
    assert read_link(token, FIRST_MOMENT + LINK_LASTS) is None
    assert read_link(f"{token}x", FIRST_MOMENT) is None
    for wrong in (token, "x", ""):
        assert requests.get(f"{address}/crm/v3/exports/files/{wrong}", timeout=60).status_code == 404


def test_hubspots_library_understands_the_answers(api: Api, settings: Any) -> None:
    asking = HubSpot(access_token=api.token, host=api.address).crm.exports.public_exports_api
    started = asking.start(PublicExportViewRequest(
        export_type="VIEW", format="CSV", export_name="Everybody", language="EN", object_type="CONTACT",
        object_properties=["email"], export_internal_values_options=["NAMES"],
        override_associated_objects_per_definition_per_row_limit=False,
    ))  # fmt: skip
    assert asking.get_status(started.id).status == "PENDING"
    made(settings)
    assert asking.get_status(started.id).result.startswith("http")
