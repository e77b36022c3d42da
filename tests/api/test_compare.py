"""What breaks programs is told, and what does not is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from kalends.api.openapi import kept
from kalends.api.openapi.compare import compare
from kalends.cli.app import kalends

Change = Callable[[dict[str, Any]], object]

OLD: dict[str, Any] = {
    "paths": {
        "/things": {
            "post": {
                "operationId": "makeThing",
                "security": [{"token": ["things.write"]}],
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"$ref": "#/components/parameters/Sort"},
                ],
                "requestBody": {
                    "required": False,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewThing"}}},
                },
                "responses": {
                    "201": {
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "400": {"$ref": "#/components/responses/Bad"},
                },
            }
        }
    },
    "components": {
        "parameters": {
            "Sort": {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["up", "down"]}}
        },
        "responses": {"Bad": {"content": {}}},
        "schemas": {
            "NewThing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 100},
                    "color": {"type": ["string", "null"], "enum": ["blue", "green", None]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/NewThing"}},
                    "owner": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                },
            },
            "Thing": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {
                    "id": {"type": "string"},
                    "name": {"type": "string"},
                    "color": {"type": ["string", "null"], "enum": ["blue", "green", None]},
                    "at": {"type": "string", "format": "date-time"},
                    "owner": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "more": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        },
    },
}


def _post(new: dict[str, Any]) -> dict[str, Any]:
    return new["paths"]["/things"]["post"]


def _given(new: dict[str, Any]) -> dict[str, Any]:
    return new["components"]["schemas"]["NewThing"]


def _told(new: dict[str, Any]) -> dict[str, Any]:
    return new["components"]["schemas"]["Thing"]


BREAKING: dict[str, Change] = {
    "POST /things: is gone": lambda new: new["paths"].pop("/things"),
    "POST /things: its operationId was makeThing, and is addThing": lambda new: _post(new).update(
        operationId="addThing"
    ),
    "POST /things: needs the scope more": lambda new: _post(new)["security"][0]["token"].append("more"),
    "POST /things: token no longer opens it": lambda new: _post(new).update(security=[]),
    "POST /things: parameter sort: is gone": lambda new: _post(new)["parameters"].pop(),
    "POST /things: parameter limit: is required": lambda new: _post(new)["parameters"][0].update(
        required=True
    ),
    "POST /things: parameter limit: maximum is 50, and was 100": lambda new: _post(new)["parameters"][0][
        "schema"
    ].update(maximum=50),
    "POST /things: parameter sort: 'down' is not taken any more": lambda new: new["components"]["parameters"][
        "Sort"
    ]["schema"].update(enum=["up"]),
    "POST /things: parameter key: is new and required": lambda new: _post(new)["parameters"].append(
        {"name": "key", "in": "header", "required": True, "schema": {}}
    ),
    "POST /things: its body is required": lambda new: _post(new)["requestBody"].update(required=True),
    "POST /things: takes no body any more": lambda new: _post(new).pop("requestBody"),
    "POST /things: body: application/json is gone": lambda new: _post(new)["requestBody"].update(
        content={"text/csv": {}}
    ),
    "POST /things: answer 201: is gone": lambda new: _post(new)["responses"].pop("201"),
    "POST /things: answer 200: is a new status of success": lambda new: _post(new)["responses"].update(
        {"200": {}}
    ),
    "POST /things: answer 201: header ETag: is gone": lambda new: _post(new)["responses"]["201"].pop(
        "headers"
    ),
    "NewThing in requests.color: is required": lambda new: _given(new)["required"].append("color"),
    "NewThing in requests.color: is gone": lambda new: _given(new)["properties"].pop("color"),
    "NewThing in requests.color: may no longer be null": lambda new: _given(new)["properties"][
        "color"
    ].update(type="string"),
    "NewThing in requests.color: 'green' is not taken any more": lambda new: _given(new)["properties"][
        "color"
    ].update(enum=["blue", None]),
    "NewThing in requests.name: takes only a": lambda new: _given(new)["properties"]["name"].update(
        enum=["a"]
    ),
    "NewThing in requests.name: minLength is 2, and was not there": lambda new: _given(new)["properties"][
        "name"
    ].update(minLength=2),
    "NewThing in requests.name: its pattern is ^a, and was not there": lambda new: _given(new)["properties"][
        "name"
    ].update(pattern="^a"),
    "NewThing in requests.owner: can no longer be integer": lambda new: _given(new)["properties"]["owner"][
        "anyOf"
    ].pop(),
    "NewThing in requests: takes no other fields any more": lambda new: _given(new).update(
        additionalProperties=False
    ),
    "Thing in answers.name: is gone": lambda new: (
        _told(new)["properties"].pop("name"),
        _told(new)["required"].remove("name"),
    ),
    "Thing in answers.name: may be left out": lambda new: _told(new)["required"].remove("name"),
    "Thing in answers.name: may be null": lambda new: _told(new)["properties"]["name"].update(
        type=["string", "null"]
    ),
    "Thing in answers.color: may be any value": lambda new: _told(new)["properties"]["color"].pop("enum"),
    "Thing in answers.at: its format was date-time, and is date": lambda new: _told(new)["properties"][
        "at"
    ].update(format="date"),
    "Thing in answers.owner: can be integer": lambda new: _told(new)["properties"]["owner"]["anyOf"].append(
        {"type": "integer"}
    ),
    "Thing in answers.more.*: may be integer": lambda new: _told(new)["properties"]["more"][
        "additionalProperties"
    ].update(type=["string", "integer"]),
}

HARMLESS: dict[str, Change] = {
    "another operation": lambda new: new["paths"].update({"/others": {"get": {"responses": {"200": {}}}}}),
    "another way in": lambda new: _post(new)["security"].append({"oauth2": ["things.write"]}),
    "another parameter": lambda new: _post(new)["parameters"].append(
        {"name": "q", "in": "query", "schema": {}}
    ),
    "a larger page": lambda new: _post(new)["parameters"][0]["schema"].update(maximum=200),
    "another error": lambda new: _post(new)["responses"].update({"409": {}}),
    "another field of a request": lambda new: _given(new)["properties"].update(size={"type": "integer"}),
    "a field of a request that may be left out": lambda new: _given(new).pop("required"),
    "another value that is taken": lambda new: _given(new)["properties"]["color"]["enum"].append("red"),
    "another field of an answer": lambda new: _told(new)["properties"].update(size={"type": "integer"}),
    "a field that an answer always has": lambda new: _told(new)["required"].append("color"),
    "another value in an answer": lambda new: _told(new)["properties"]["color"]["enum"].append("red"),
    "other words": lambda new: _told(new).update(description="A thing."),
}


@pytest.mark.parametrize("sentence", BREAKING)
def test_what_breaks_a_program_is_told_with_its_place(sentence: str) -> None:
    new = copy.deepcopy(OLD)
    BREAKING[sentence](new)
    assert compare(OLD, new) == [sentence]


@pytest.mark.parametrize("what", HARMLESS)
def test_what_breaks_nothing_is_not_told(what: str) -> None:
    new = copy.deepcopy(OLD)
    HARMLESS[what](new)
    assert new != OLD
    assert compare(OLD, new) == []


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    assert compare(OLD, OLD) == []


# ---------------------------------------------------------------- the command


@pytest.fixture
def checkout(server: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A checkout whose kept document is the present one."""
    monkeypatch.setattr(kept, "KEPT", tmp_path / "openapi.json")
    printed = CliRunner().invoke(kalends, ["openapi"])
    assert printed.exit_code == 0, printed.output
    kept.KEPT.write_text(printed.stdout)
    return kept.KEPT


def test_the_command_prints_the_document_that_is_served(checkout: Any) -> None:
    assert json.loads(checkout.read_text())["openapi"] == "3.1.0"
    assert CliRunner().invoke(kalends, ["openapi", "--check"]).exit_code == 0


def test_a_harmless_change_is_written(checkout: Any) -> None:
    document = json.loads(checkout.read_text())
    del document["paths"]["/crm/v3/owners"]
    checkout.write_text(json.dumps(document))

    assert CliRunner().invoke(kalends, ["openapi", "--check"]).exit_code == 1
    assert CliRunner().invoke(kalends, ["openapi", "--write"]).exit_code == 0
    assert "/crm/v3/owners" in json.loads(checkout.read_text())["paths"]


def test_a_breaking_change_is_written_only_when_it_is_meant(checkout: Any) -> None:
    document = json.loads(checkout.read_text())
    document["paths"]["/crm/v3/former"] = {"get": {"operationId": "former"}}
    checkout.write_text(json.dumps(document))

    refused = CliRunner().invoke(kalends, ["openapi", "--write"])

    assert "GET /crm/v3/former: is gone" in refused.output
    assert "/crm/v3/former" in checkout.read_text()
    assert CliRunner().invoke(kalends, ["openapi", "--write", "--breaking"]).exit_code == 0
    assert "/crm/v3/former" not in checkout.read_text()
