"""What the document promises of answers, checked on every answer that a test of this folder sees.

Schemas are closed for this: a field that an answer has and the document does not tell is a difference as well.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs

import kalends.api.gate  # noqa: F401 - all handlers register
from kalends.api import routes
from kalends.api.openapi.described import OPERATIONS
from kalends.api.openapi.document import document, name_of, path_of
from kalends.api.openapi.records import component
from kalends.api.openapi.terms import Operation
from kalends.catalog.registry import infer_object

_RECORDS = {"Record", "UpsertedRecord", "RecordPage", "FoundPage", "RecordBatch", "UpsertBatch"}


def differences(method: str, url: str, status: int, body: bytes, headers: Any) -> list[str]:
    """Where an answer is not as the document has it; nothing for what is no operation."""
    place = routes.place_of(unquote(urlsplit(url).path))
    found = routes.find(place, method) if place is not None else []
    if place is None or not isinstance(found, tuple):
        return []
    route, path = found
    operation = _operation(name_of(route), place.version)
    if operation is None:
        return []
    told = document()["paths"][path_of(route, operation)][route.method.lower()]["responses"]
    if str(status) not in told:
        return [f"{operation.id} answers {status}, which is not documented"]
    if status not in (204, 304) and not _header(headers, "content-type").startswith("application/json"):
        return [f"{operation.id} answers {status} in {_header(headers, 'content-type')!r}"]
    if status >= 400:
        return _wrong(operation.error if status in (400, 401) else "Error", json.loads(body))
    if operation.etag and not (_header(headers, "etag") or _header(headers, "idempotent-replayed")):
        return [f"{operation.id} answers without an ETag"]
    name = operation.answers[status]
    if not name:
        return []
    data = json.loads(body)
    wrong = _wrong(name, data)
    if not wrong and name in _RECORDS and "type" in path:
        wrong = _wrong_properties(path["type"], data)
    return [f"{operation.id}: {each}" for each in wrong]


def _header(headers: Any, name: str) -> str:
    """A header of an answer, as requests or as schemathesis has it."""
    found = {each.lower(): value for each, value in headers.items()}.get(name, "")
    return found if isinstance(found, str) else found[0]


def _operation(handler: str, version: str) -> Operation | None:
    """The description of a handler that holds for a version of its path."""
    found = [each for each in OPERATIONS if each.handler == handler]
    same = [each for each in found if each.version == version]
    newer = [each for each in found if not each.id.endswith("V3")]
    return next(iter([*same, *newer, *found]), None)


def _wrong_properties(kind: str, data: dict[str, Any]) -> list[str]:
    records = data.get("results", [data])
    name = component(infer_object(kind))
    return [wrong for record in records for wrong in _wrong(name, record["properties"])]


def _wrong(name: str, data: Any) -> list[str]:
    return [
        f"{name} {'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
        for error in validator(name).iter_errors(data)
    ]


@cache
def validator(name: str) -> Any:
    """Checks values against a schema of the components."""
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": _closed()}},
        validate_formats=True,
        formats={"decimal": _is_decimal},
    )


@cache
def _closed() -> dict[str, Any]:
    return {name: closed(schema) for name, schema in document()["components"]["schemas"].items()}


def closed(schema: Any) -> Any:
    """The same with no more fields than it names, all the way down."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in ("enum", "examples") else closed(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def _is_decimal(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)) and Decimal(text).is_finite()
    except InvalidOperation:
        return False
