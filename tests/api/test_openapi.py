"""The document tells every operation, its examples are true, the kept copy is the present one, people can read it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
import requests

from kalends.accounts.context import AccountContext
from kalends.accounts.people import add_member, add_user
from kalends.api.openapi.compare import compare
from kalends.api.openapi.described import OPERATIONS
from kalends.api.openapi.described import examples as ids
from kalends.api.openapi.document import document, undescribed, written
from kalends.api.openapi.kept import KEPT
from kalends.api.openapi.terms import Operation
from kalends.billing.tax_rates import create_tax_rate
from kalends.catalog.registry import OBJECTS
from kalends.payments.processors.registry import AccountProcessors
from kalends.sales.codes import NewCode, create_code
from kalends.sales.links import LinkLine, NewLink, create_link
from tests.api.conftest import Api, tie
from tests.api.contract import validator
from tests.conftest import AnyConnection
from tests.world import World

BY_ID = {
    each["operationId"]: (path, method, each)
    for path, methods in document()["paths"].items()
    for method, each in methods.items()
}
SENT = [each for each in OPERATIONS if each.id in BY_ID and each.security == "token"]


# ---------------------------------------------------------------- the document


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    assert undescribed() == []


def test_it_is_an_openapi_document() -> None:
    told = document()

    assert told["openapi"].startswith("3.1")
    assert told["info"]["title"] == "Kalends"
    assert {tag["name"] for tag in told["tags"]} >= {each["tags"][0] for _, _, each in BY_ID.values()}
    for name, schema in told["components"]["schemas"].items():
        (
            jsonschema_rs.meta.validate(
                {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
            ),
            name,
        )


def test_every_reference_leads_somewhere() -> None:
    told = document()

    def lead(node: Any) -> None:
        if isinstance(node, dict):
            target: Any = told
            for step in node.get("$ref", "#").split("/")[1:]:
                target = target[step]
            for each in node.values():
                lead(each)
        elif isinstance(node, list):
            for each in node:
                lead(each)

    lead(told)


def test_operations_have_names_of_their_own() -> None:
    names = [each.id for each in OPERATIONS]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", BY_ID)
def test_every_operation_says_what_it_does_and_what_it_answers(name: str) -> None:
    path, _, told = BY_ID[name]

    assert told["summary"].endswith(".")
    assert any(status.startswith("2") for status in told["responses"])
    places = {each["name"] for each in told.get("parameters", ()) if each.get("in") == "path"}
    assert places == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    assert all(each.get("description") for each in told.get("parameters", ()) if "$ref" not in each)


def test_every_property_of_the_catalogue_is_told_with_its_label() -> None:
    schemas = document()["components"]["schemas"]
    for obj in OBJECTS.values():
        told = next(each for each in schemas.values() if f"(`{obj.type_id}`)" in each.get("description", ""))
        assert {name: each["title"] for name, each in told["properties"].items()} == {
            prop.name: prop.label.en for prop in obj.properties
        }
        assert {name for name, each in told["properties"].items() if not each.get("readOnly")} == {
            prop.name for prop in obj.properties if "api" in prop.writable_by
        }


# ---------------------------------------------------------------- examples


def _examples() -> list[tuple[str, str, Any]]:
    """Each example with the schema that it is one of."""
    found = [
        (f"{name}", name, example)
        for name, schema in document()["components"]["schemas"].items()
        for example in schema.get("examples", ())
    ]
    for name, (_, _, told) in BY_ID.items():
        found.extend(
            (f"{name} body", media["schema"]["$ref"].rpartition("/")[2], media["example"])
            for media in told.get("requestBody", {}).get("content", {}).values()
        )
    return found


@pytest.mark.parametrize(
    ("schema", "example"), [each[1:] for each in _examples()], ids=[each[0] for each in _examples()]
)
def test_every_example_is_one_of_its_schema(schema: str, example: Any) -> None:
    assert [error.message for error in validator(schema).iter_errors(example)] == []


@pytest.fixture
def there(api: Api, db: AnyConnection, account: AccountContext, processors: AccountProcessors) -> Any:
    """Makes what an id of an example stands for, and tells its real id."""
    made: dict[str, str] = {}
    books = World(db, account, processors)

    def subscribe() -> str:
        customer = books.customer()
        id_ = books.subscribe(customer, start=account.today, method=books.method(customer))
        books.until("2026-01-02")
        return str(id_)

    def paused() -> str:
        id_ = subscribe()
        api.post(f"/payments-subscriptions/v1/subscriptions/crm/{id_}/pause", {}, 200)
        return id_

    def label() -> str:
        between = "/crm/v4/associations/contacts/companies/labels"
        told = api.post(between, {"label": "Employer", "name": "employer"}, 200)
        return str(told["results"][0]["typeId"])

    def custom() -> str:
        _, _, told = BY_ID["createProperty"]
        api.post("/crm/v3/properties/contacts", told["requestBody"]["content"]["application/json"]["example"])
        return ids.OWN_PROPERTY

    def pipeline() -> str:
        stages = [{"label": "Promised", "stageId": ids.OWN_STAGE, "metadata": {"probability": "0.5"}},
                  {"label": "Signed", "metadata": {"probability": "1.0"}}]  # fmt: skip
        api.post("/crm/v3/pipelines/deals", {"label": "Renewals", "stages": stages})
        every = api.get("/crm/v3/pipelines/deals")["results"]
        return str(next(each["id"] for each in every if each["label"] == "Renewals"))

    def group() -> str:
        api.post("/crm/v3/properties/contacts/groups", {"name": ids.OWN_GROUP, "label": "Loyalty"})
        return ids.OWN_GROUP

    def make_list(**more: Any) -> str:
        body = {"name": ids.LIST_NAME, "objectTypeId": "0-1", "processingType": "MANUAL", **more}
        return str(api.post("/crm/v3/lists", body, 200)["list"]["listId"])

    def make_active() -> str:
        example = BY_ID["updateListFilters"][2]["requestBody"]["content"]["application/json"]["example"]
        return make_list(name="Known", processingType="DYNAMIC", **example)

    ways = {
        ids.CONTACT: lambda: api.make(
            "contacts", [tie(real(ids.COMPANY), 279)], email="first@example.com"),
        ids.OTHER_CONTACT: lambda: api.make("contacts", email="second@example.com"),
        ids.COMPANY: lambda: api.make("companies", name="Nordlys"),
        ids.DEAL: lambda: api.make("deals", dealname="Gold", dealstage="qualifiedtobuy"),
        ids.LINE_ITEM: lambda: api.make("line_items", name="Gold", price="100", quantity="1"),
        ids.SUBSCRIPTION: subscribe,
        ids.PAUSED: paused,
        ids.INVOICE: lambda: str(books.invoices(int(real(ids.SUBSCRIPTION)), "id")[0]),
        ids.SUBSCRIPTION_LINE: lambda: str(
            books.one("SELECT id FROM line_item WHERE account_id = %s AND parent_id = %s",
                      account.id, int(real(ids.SUBSCRIPTION)))[0]),
        ids.OWNER: lambda: str(_user(db, account)),
        ids.OWN_LABEL: label,
        ids.TAX_RATE: lambda: str(
            create_tax_rate(db, account, name="Norway, general", label="MVA", percentage=Decimal(25)).id),
        ids.PAYMENT_LINK: lambda: str(create_link(db, account, NewLink(
            name="Fleet", currency=account.currency,
            lines=[LinkLine("CUSTOM", None, {"name": "Plan", "unit_price": Decimal(49)})]))),
        ids.DISCOUNT_CODE: lambda: str(
            create_code(db, account, NewCode(code="SPRING25", kind="percent", percent=Decimal(25)))),
        ids.LIST: make_list,
        ids.EXPORT: lambda: str(
            api.post("/crm/v3/exports/export/async", BY_ID["startExport"][2]["requestBody"]["content"]
                     ["application/json"]["example"], 202)["id"]),
        ids.IMPORT: lambda: str(
            api.post("/crm/v3/imports", status=200,
                     **parts(BY_ID["startImport"][2]["requestBody"]["content"]["multipart/form-data"]["example"]))["id"]),
        ids.FLOW: lambda: str(api.post("/automation/v4/flows", BY_ID["createFlow"][2]["requestBody"]["content"]
                                       ["application/json"]["example"], 201)["id"]),
        ids.OTHER_LIST: make_active,
        ids.LIST_NAME: lambda: real(ids.LIST) and ids.LIST_NAME,
        ids.OWN_PROPERTY: custom,
        ids.OWN_GROUP: group,
        ids.OWN_PIPELINE: pipeline,
        ids.OWN_STAGE: lambda: ids.OWN_STAGE,
    }  # fmt: skip

    def real(example: str) -> str:
        if example in ways and example not in made:
            made[example] = ways[example]()
        return made.get(example, example)

    return real


def _user(db: AnyConnection, account: AccountContext) -> int:
    id_ = add_user(db, email=f"olive.{account.id}@example.com", name="Olive Owner")
    add_member(db, account.id, id_)
    return id_


def parts(example: dict[str, str]) -> dict[str, Any]:
    """The body of an upload, as requests takes it."""
    return {
        "data": {"importRequest": example["importRequest"]},
        "files": {"files": ("contacts.csv", example["files"])},
    }


def _replaced(example: Any, real: Any) -> Any:
    """An example with real ids."""
    if isinstance(example, dict):
        return {key: _replaced(each, real) for key, each in example.items()}
    if isinstance(example, list):
        return [_replaced(each, real) for each in example]
    return real(example) if isinstance(example, str) else example


@pytest.mark.parametrize("operation", SENT, ids=lambda each: each.id)
def test_the_example_of_an_operation_is_done(operation: Operation, api: Api, there: Any) -> None:
    path, method, told = BY_ID[operation.id]
    real = there
    if operation.id in ("createProperty", "createProperties", "createPropertyGroup"):
        real = str  # what they make is not to be there before
    places = {name: quote(real(value), safe="") for name, value in operation.path.items()}
    body = _replaced(operation.example, real)
    given: dict[str, Any] = parts(body) if operation.multipart else {"body": body}

    answer = api.ask(method.upper(), path.format(**places), **given)

    best = min(int(status) for status in told["responses"] if status.startswith("2"))
    assert answer.status_code == best, answer.text


# ---------------------------------------------------------------- the kept copy


def test_the_kept_document_is_the_present_one() -> None:
    """Whoever changes the API on purpose writes it anew; see CONTRIBUTING.md."""
    kept = json.loads(KEPT.read_text())
    breaking = compare(kept, document())

    assert breaking == [], (
        "These changes break programs. If they are meant: ./kalends openapi --write --breaking"
    )
    assert KEPT.read_text() == written(), "The API has changed. Run ./kalends openapi --write"


# ---------------------------------------------------------------- how it is served


def test_the_document_is_open_to_everybody_and_sent_once(address: str) -> None:
    first = requests.get(f"{address}/openapi.json", timeout=30)

    assert first.status_code == 200
    assert first.headers["Content-Type"].startswith("application/json")
    assert first.json() == json.loads(written())
    again = requests.get(
        f"{address}/openapi.json", headers={"If-None-Match": first.headers["ETag"]}, timeout=30
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/openapi.json", "/reference"])
def test_it_is_only_read(address: str, path: str) -> None:
    answer = requests.post(f"{address}{path}", timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert requests.head(f"{address}{path}", timeout=30).status_code == 200


def test_the_page_names_every_operation_and_every_property(address: str) -> None:
    answer = requests.get(f"{address}/reference", timeout=30)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    for name, (path, _, _) in BY_ID.items():
        assert f'id="{name}"' in answer.text
        assert f"<code>{path}</code>" in answer.text
    for obj in OBJECTS.values():
        for prop in obj.properties:
            assert f"<code>{prop.name}</code>" in answer.text


def test_the_page_loads_nothing_from_elsewhere_and_no_script(address: str) -> None:
    answer = requests.get(f"{address}/reference", timeout=30)

    assert "<script" not in answer.text
    assert 'src="http' not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for path in ("/static/api/reference.css", "/static/staff/tokens.css", "/static/staff/icons/mark.svg"):
        assert requests.get(f"{address}{path}", timeout=30).status_code == 200
