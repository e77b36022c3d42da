"""Imports for programs, as HubSpot's own client library asks for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hubspot")

from hubspot import HubSpot
from hubspot.crm.imports.exceptions import ApiException
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.imports import carry, runs
from kalends.platform.home import open_home
from tests.api.conftest import Api, NewApi, in_order
from tests.conftest import FIRST_MOMENT
from tests.world import World

PATH = "/crm/v3/imports"
PEOPLE = (
    "Email,Town,Since,Income\nkari@nordlys.test,Bodø,31/12/2025,1\nola@nordlys.test,Tromsø,01/02/2026,2\n"
)


def column(name: str, to: str | None, obj: str = "0-1", kind: str | None = None) -> dict[str, Any]:
    return {"columnObjectTypeId": obj, "columnName": name, "propertyName": to, "columnType": kind}


EMAIL, TOWN = column("Email", "email", kind="HUBSPOT_ALTERNATE_ID"), column("Town", "city")


def request(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    page = {"hasHeader": True, "columnMappings": list(columns or (EMAIL, TOWN))}
    file = {"fileName": "people.csv", "fileFormat": "CSV", "fileImportPage": page}
    return {"name": "People", "files": [file], **more}


def sent(asked: object, *files: str | bytes) -> dict[str, Any]:
    """What requests takes for an upload."""
    text = asked if isinstance(asked, str) else json.dumps(asked)
    return {"data": {"importRequest": text}, "files": [("files", ("people.csv", each)) for each in files]}


def begin(api: Api, asked: object | None = None, content: str | bytes = PEOPLE, status: int = 200) -> Any:
    return api.post(PATH, status=status, **sent(request() if asked is None else asked, content))


def work(db: Connection[Any], ctx: AccountContext) -> None:
    """Let a worker do what waits, in the folder of the installation that the server serves from."""
    enter_account(db, ctx.id)
    folder = carry.folder_of(open_home().files, ctx.id)
    while carry.take_turn(db, ctx, folder, now=FIRST_MOMENT).import_id is not None:
        pass


def people(api: Api) -> dict[str, str]:
    """The towns of the account's contacts by email."""
    found = api.get("/crm/v3/objects/contacts?properties=email,city&limit=100")["results"]
    return {each["properties"]["email"]: each["properties"]["city"] for each in found}


def test_a_file_is_taken_in_and_every_right_row_becomes_a_record(
    api: Api, db: Connection[Any], account: AccountContext
) -> None:
    api.make("contacts", email="ola@nordlys.test", city="Oslo")
    told = begin(api)
    assert (told["state"], told["importName"], told["mappedObjectTypeIds"]) == (
        "PROCESSING",
        "People",
        ["0-1"],
    )
    assert people(api) == {"ola@nordlys.test": "Oslo"}
    work(db, account)
    done = api.get(f"{PATH}/{told['id']}")
    assert done["state"] == "DONE"
    assert done["metadata"]["counters"] == {
        "TOTAL_ROWS": 2, "CREATED_OBJECTS": 1, "UPDATED_OBJECTS": 1, "UNIQUE_OBJECTS_WRITTEN": 2, "ERRORS": 0,
    }  # fmt: skip
    assert people(api) == {"kari@nordlys.test": "Bodø", "ola@nordlys.test": "Tromsø"}
    assert api.get(f"{PATH}/{told['id']}/errors") == {"results": []}


def test_a_row_that_is_wrong_is_left_out_and_told_with_its_place(
    api: Api, db: Connection[Any], account: AccountContext
) -> None:
    rows = "Email,Town,Stage\nkari@nordlys.test,Bodø,lead\nno address,Vadsø,lead\nola@nordlys.test,Tromsø,nowhere\n"
    id_ = begin(api, request(EMAIL, TOWN, column("Stage", "lifecyclestage")), rows)["id"]
    work(db, account)
    done = api.get(f"{PATH}/{id_}")
    assert (done["state"], done["metadata"]["counters"]["ERRORS"]) == ("DONE", 2)
    assert people(api) == {"kari@nordlys.test": "Bodø"}
    first = api.get(f"{PATH}/{id_}/errors?limit=1")
    (email,) = first["results"]
    assert (email["errorType"], email["invalidValue"], email["knownColumnNumber"]) == (
        "INVALID_EMAIL",
        "no address",
        1,
    )
    assert email["sourceData"]["lineNumber"] == 3
    assert email["sourceData"]["rowData"] == ["no address", "Vadsø", "lead"]
    (stage,) = api.get(f"{PATH}/{id_}/errors?limit=1&after={first['paging']['next']['after']}")["results"]
    assert (stage["errorType"], stage["objectTypeId"]) == ("INVALID_ENUMERATION_OPTION", "0-1")
    assert stage["sourceData"]["rowData"][2] == "nowhere"


def test_columns_of_another_object_name_its_records(
    api: Api, db: Connection[Any], account: AccountContext
) -> None:
    company = api.make("companies", domain="nordlys.test", name="Nordlys")
    columns = (EMAIL, TOWN, column("Domain", "domain", "0-2", "HUBSPOT_ALTERNATE_ID"))
    begin(
        api,
        request(*columns),
        "Email,Town,Domain\nkari@nordlys.test,Bodø,nordlys.test\nola@nordlys.test,Oslo,elsewhere.test\n",
    )
    work(db, account)
    kari = api.get("/crm/v3/objects/contacts/kari@nordlys.test?idProperty=email&associations=companies")
    assert [each["id"] for each in kari["associations"]["companies"]["results"]][:1] == [company]
    assert "ola@nordlys.test" not in people(api)


def test_subscriptions_come_with_their_line_items_and_nothing_is_charged(
    api: Api, books: World, db: Connection[Any], account: AccountContext
) -> None:
    api.make("contacts", email="kari@nordlys.test")
    columns = (
        column("Plan", "hs_name", "0-69"), column("Currency", "hs_currency_code", "0-69"),
        column("Every", "hs_recurring_billing_frequency", "0-69"),
        column("Start", "hs_recurring_billing_start_date", "0-69"),
        column("Price", "price", "0-8"), column("Email", "email", "0-1", "HUBSPOT_ALTERNATE_ID"),
    )  # fmt: skip
    rows = "Plan,Currency,Every,Start,Price,Email\nGold,EUR,Monthly,2025-01-01,49.50,kari@nordlys.test\n"
    told = begin(api, request(*columns, importOperations={"0-69": "CREATE"}), rows)
    assert told["mappedObjectTypeIds"] == ["0-69", "0-8", "0-1"]
    work(db, account)
    assert api.get(f"{PATH}/{told['id']}/errors") == {"results": []}
    (made,) = api.get("/crm/v3/objects/subscriptions?properties=hs_name,hs_mrr,hs_invoice_creation")[
        "results"
    ]
    assert (made["properties"]["hs_name"], made["properties"]["hs_invoice_creation"]) == ("Gold", "off")
    books.until("2026-03-02")
    assert api.get("/crm/v3/objects/invoices")["results"] == []
    in_order(books)


@pytest.mark.parametrize(
    ("form", "day", "stored"),
    [
        ("DAY_MONTH_YEAR", "02/03/2026", "2026-03-02"),
        ("DAY_MONTH_YEAR", "02.03.2026", "2026-03-02"),
        (None, "02/03/2026", "2026-02-03"),
    ],
)
def test_days_are_read_as_the_request_says(
    api: Api, db: Connection[Any], account: AccountContext, form: str | None, day: str, stored: str
) -> None:
    columns = (
        column("Name", "dealname", "0-3"),
        column("Stage", "dealstage", "0-3"),
        column("By", "closedate", "0-3"),
    )
    begin(api, request(*columns, dateFormat=form), f"Name,Stage,By\nGold,closedwon,{day}\n")
    work(db, account)
    (made,) = api.get("/crm/v3/objects/deals?properties=closedate")["results"]
    assert made["properties"]["closedate"][:10] in (stored, f"{stored[:8]}{int(stored[8:]) - 1:02d}")


@pytest.mark.parametrize(
    ("operation", "towns"),
    [
        ("CREATE", {"ola@nordlys.test": "Oslo", "kari@nordlys.test": "Bodø"}),
        ("UPDATE", {"ola@nordlys.test": "Tromsø"}),
    ],
)
def test_an_operation_says_whether_records_are_made_or_changed(
    api: Api, db: Connection[Any], account: AccountContext, operation: str, towns: dict[str, str]
) -> None:
    api.make("contacts", email="ola@nordlys.test", city="Oslo")
    begin(api, request(importOperations={"0-1": operation}))
    work(db, account)
    assert people(api) == towns


def test_the_same_request_under_the_same_key_is_one_import(
    api: Api, db: Connection[Any], account: AccountContext
) -> None:
    key = {"Idempotency-Key": "people of March"}
    first, second = (api.ask("POST", PATH, headers=dict(key), **sent(request(), PEOPLE)) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert [each["id"] for each in api.get(PATH)["results"]] == [first.json()["id"]]
    other = api.ask("POST", PATH, headers=dict(key), **sent(request(), PEOPLE.replace("Bodø", "Narvik")))
    assert other.status_code == 400


def test_an_import_that_is_stopped_writes_nothing_more(
    api: Api, db: Connection[Any], account: AccountContext
) -> None:
    id_ = begin(api)["id"]
    assert api.post(f"{PATH}/{id_}/cancel", status=200)["status"] == "CANCELED"
    work(db, account)
    told = api.get(f"{PATH}/{id_}")
    assert (told["state"], told["metadata"]["counters"].get("CREATED_OBJECTS", 0)) == ("CANCELED", 0)
    assert people(api) == {}
    api.post(f"{PATH}/{id_}/cancel", status=400)


def test_a_token_needs_the_scopes_to_import_to_write_and_to_read_what_columns_name(
    api: Api, another: NewApi, account: AccountContext
) -> None:
    tied = request(EMAIL, TOWN, column("Domain", "domain", "0-2", "HUBSPOT_ALTERNATE_ID"))
    write = "crm.objects.contacts.write"
    begin(another(account, write), status=403)
    assert write in str(begin(another(account, "crm.import", "crm.objects.contacts.read"), status=403))
    both = another(account, "crm.import", write)
    assert "crm.objects.companies.read" in str(begin(both, tied, "Email,Town,Domain\n", 403))
    id_ = begin(both)["id"]
    assert api.get(f"{PATH}/{id_}")["id"] == id_
    for path in (f"{PATH}/{id_}", f"{PATH}/{id_}/errors"):
        another().get(path, 404)
    another().post(f"{PATH}/{id_}/cancel", status=404)
    assert another().get(PATH)["results"] == []


def test_the_newest_imports_come_first_page_by_page_and_none_of_people(
    api: Api, db: Connection[Any], account: AccountContext
) -> None:
    ids = [begin(api)["id"] for _ in range(3)]
    db.execute(
        "UPDATE data_import SET user_id = 7 WHERE account_id = %s AND id = %s", [account.id, int(ids[1])]
    )
    first = api.get(f"{PATH}?limit=1")
    assert [each["id"] for each in first["results"]] == [ids[2]]
    second = api.get(f"{PATH}?limit=1&after={first['paging']['next']['after']}")
    assert ([each["id"] for each in second["results"]], "paging" in second) == ([ids[0]], False)
    api.get(f"{PATH}/{ids[1]}", 404)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("{", "line 1"),
        ("[]", "an object was expected"),
        ({"name": "x"}, "files has 0 files"),
        (request() | {"files": [{}, {}]}, "files has 2 files"),
        ({"files": [7]}, "files[0] is to be an object"),
        ({"files": [{"fileImportPage": {"hasHeader": False}}]}, "hasHeader"),
        ({"files": [{"fileImportPage": {"hasHeader": True, "columnMappings": []}}]}, "columnMappings"),
        ({"files": [{"fileImportPage": {"hasHeader": True, "columnMappings": [None]}}]}, "columnMappings[0]"),
        (request(column("Email", "emial")), "emial"),
        (request(column("Mail", "email")), "no column 'Mail'"),
        (request(column("Email", None)), "propertyName"),
        (request(column("Email", "email", "9-99")), "9-99"),
        (request(column("Email", "email", kind="ASSOCIATION_KEYS")), "ASSOCIATION_KEYS"),
        (request(EMAIL, TOWN, column("Since", "name", "0-2")), "one object"),
        (request(EMAIL, TOWN, column("Since", "city", "0-2", "HUBSPOT_ALTERNATE_ID")), "name it by"),
        (request(column("Email", "subject", "0-5")), "cannot be imported"),
        (request(EMAIL, column("Town", "email")), "Two columns"),
        (request(dateFormat="YEAR"), "dateFormat"),
        (request(importOperations={"0-1": "DELETE"}), "importOperations"),
        (request(column("Town", "city"), importOperations={"0-1": "UPDATE"}), "known by"),
    ],
)
def test_what_is_wrong_with_a_request_is_named_and_nothing_begins(
    api: Api, asked: object, named: str
) -> None:
    assert named in begin(api, asked, status=400)["message"]
    assert api.get(PATH)["results"] == []


def test_a_body_that_is_no_upload_and_a_file_that_is_no_table_are_refused(
    api: Api, account: AccountContext
) -> None:
    folder = carry.folder_of(open_home().files, account.id)
    assert "multipart" in api.post(PATH, request(), 400)["message"]
    assert "importRequest" in str(api.post(PATH, status=400, files={"files": ("a.csv", PEOPLE)}))
    assert "files" in str(api.post(PATH, status=400, **sent(request(), PEOPLE, PEOPLE)))
    broken = {"headers": {"Content-Type": "multipart/form-data"}}
    assert "multipart" in api.post(PATH, b"--x", 400, **broken)["message"]
    assert "empty" in begin(api, content="", status=400)["message"]
    assert "XLSX" in begin(api, content=b"\x00\x01" * 40, status=400)["message"]
    assert begin(api, content="Email,Town\n" + "x" * (10 * 1024 * 1024), status=413)["status"] == "error"
    assert not folder.is_dir() or list(folder.iterdir()) == []


def test_no_more_imports_begin_than_may_be_under_way(api: Api) -> None:
    for _ in range(runs.OPEN_MAX):
        begin(api)
    assert "under way" in begin(api, status=400)["message"]


def test_hubspots_library_understands_the_answers(
    api: Api, db: Connection[Any], account: AccountContext, tmp_path: Path
) -> None:
    crm = HubSpot(access_token=api.token, host=api.address).crm.imports
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE + "no address,Vadsø,,\n")
    started = crm.core_api.create(files=str(path), import_request=json.dumps(request()))
    assert (started.state, started.import_source) == ("PROCESSING", "API")
    work(db, account)
    assert crm.core_api.get_by_id(int(started.id)).state == "DONE"
    assert [each.id for each in crm.core_api.get_page().results] == [started.id]
    (error,) = crm.public_imports_api.get_errors(int(started.id)).results
    assert (error.error_type, error.source_data.line_number) == ("INVALID_EMAIL", 4)
    waiting = crm.core_api.create(files=str(path), import_request=json.dumps(request()))
    assert crm.core_api.cancel(int(waiting.id)).status == "CANCELED"
    with pytest.raises(ApiException):
        crm.core_api.cancel(int(waiting.id))
