"""The OpenAPI document: routes and the catalogue, with what is described of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from kalends.accounts.scopes import ALL, AUTOMATION, known_scopes
from kalends.api.openapi import places
from kalends.api.openapi.described import COMPONENTS, OPERATIONS, TAGS
from kalends.api.openapi.records import components, plurals
from kalends.api.openapi.terms import COMMON, Operation, Schema, ref, text
from kalends.api.routes import DATED, Route, every

VERSION = DATED[0]
_DESCRIPTION = f"""\
JSON for programs, in the shapes of HubSpot's CRM API: its client libraries work with nothing changed but the address.

**Addresses.** Every operation under `/crm/v3` or `/crm/v4` is answered in the same way under the dated path that it
names, with {", ".join(f"`{each}`" for each in DATED)} as version; they are left out here so that each is told once. A
slash at the end changes nothing. Lists in a query are repeated, or have commas.

**Values.** Every value of a property is a text or null in answers; requests may give texts, numbers, true, false or
null. Moments are UTC with milliseconds. An account may have properties of its own besides those told here.

**Doing things once.** A request that writes may carry an `Idempotency-Key`; the same request under the same key gets
the first answer again. `If-Match` with the `ETag` of a record guards against lost updates.

**What may change.** New operations, new fields and properties in answers and new values of enumerations may come at
any time. What is told here stays.
"""
_METHODS = ("get", "post", "put", "patch", "delete")
_PLACE = re.compile(r"\{(\w+)\}")
_OF_CRM = {"objects", "associations", "properties", "owners", "pipelines", "lists", "exports", "imports"}
_OLDER_ONLY = {"kind"}
"""Places of a path that only v3 has."""
_PROBE = {"type": "products", "to": "quotes"}
"""Objects by which the scopes of a route are asked for; they stand for those of the path."""
_ERRORS = {
    "400": "What was asked for cannot be done as it is; all that is wrong is told at once.",
    "401": "No token, or one that is not valid.",
    "403": "The token lacks a scope.",
    "404": "There is no such thing in this account.",
    "409": "It exists already, or somebody else is doing the same.",
    "412": "The record has changed since it was read.",
    "413": "The body is larger than 10 MB.",
    "429": "Too many requests; `Retry-After` says when to ask again.",
    "5XX": "Kalends failed, or its database does not answer.",
}


def undescribed() -> list[str]:
    """What is to be written or taken out in ``kalends/api/openapi/described``, a sentence for each."""
    routes = {name_of(route) for route in every()}
    told = {operation.handler for operation in OPERATIONS}
    return [
        *(
            f"{name} has no entry in OPERATIONS of a module of kalends.api.openapi.described."
            for name in sorted(routes - told)
        ),
        *(
            f"{name} has an entry in kalends.api.openapi.described and no route."
            for name in sorted(told - routes)
        ),
    ]


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document of all operations that are described. Do not change what you get."""
    routes = {name_of(route): route for route in every()}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        route = routes.get(operation.handler)
        if route is None:
            continue
        paths.setdefault(path_of(route, operation), {})[route.method.lower()] = _operation(route, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kalends", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": "/", "description": "This installation"}],
        "security": [],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": {
            path: {method: paths[path][method] for method in _METHODS if method in paths[path]}
            for path in sorted(paths)
        },
        "components": {
            "schemas": dict(sorted({**COMMON, **components(), **COMPONENTS}.items())),
            "responses": {_error_name(status): _error(words) for status, words in _ERRORS.items()},
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "securitySchemes": _security_schemes(),
        },
    }


def written() -> str:
    """The document as a file keeps it."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def name_of(route: Route) -> str:
    """What an entry calls the handler of a route: ``records.list_records``."""
    return f"{route.handler.__module__.rpartition('.')[2]}.{route.handler.__name__}"


def path_of(route: Route, operation: Operation) -> str:
    """The path under which an operation is shown."""
    return f"{_prefix(route, operation.version)}{route.path}"


def _prefix(route: Route, version: str) -> str:
    dated = version in DATED
    if route.area in _OF_CRM:
        return f"/crm/{route.area}/{version}" if dated else f"/crm/{version}/{route.area}"
    return f"/{route.area}/{version}"


def _operation(route: Route, operation: Operation) -> dict[str, Any]:
    summary = (route.handler.__doc__ or "").strip().partition("\n\n")[0]
    scopes = _scopes(route)
    made: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": " ".join(summary.split()),
        "description": "\n\n".join(
            filter(None, (operation.description, _dated(route, operation), _needs(operation, scopes)))
        ),
        "security": _security(operation, scopes),
    }
    parameters = [*_places(route, operation), *operation.query, *_request_headers(route, operation)]
    if parameters:
        made["parameters"] = parameters
    if operation.body:
        media = {"schema": ref(operation.body), "example": operation.example}
        kind = "application/x-www-form-urlencoded" if operation.form else "application/json"
        kind = "multipart/form-data" if operation.multipart else kind
        made["requestBody"] = {"required": operation.body_needed, "content": {kind: media}}
    made["responses"] = _responses(route, operation)
    return made


def _dated(route: Route, operation: Operation) -> str:
    if (
        route.area == "kalends"
        or operation.version in DATED
        or not _OLDER_ONLY.isdisjoint(_PLACE.findall(route.path))
    ):
        return ""
    if operation.id.endswith("V3"):
        return ""
    return f"Also at `{_prefix(route, VERSION)}{route.path}`."


def _needs(operation: Operation, scopes: Sequence[str]) -> str:
    if operation.security != "token":
        return ""
    if not scopes:
        return "Any token will do."
    return f"Needs {' and '.join(f'`{scope}`' for scope in scopes)}."


def _scopes(route: Route) -> list[str]:
    """The scopes of a route, with the places of its path for the objects that it names."""
    found = route.scopes(_PROBE)
    for place, name in _PROBE.items():
        found = [scope.replace(f".{name}.", f".{{{place}}}.") for scope in found]
    return list(found)


def _places(route: Route, operation: Operation) -> list[Schema]:
    made: list[Schema] = []
    for name in _PLACE.findall(route.path):
        if name in ("type", "to"):
            allowed = list(operation.types) if name == "type" and operation.types else plurals()
            schema, words = text(enum=allowed), places.OBJECTS[name]
        else:
            schema, words = places.place(name)
        found: Schema = {"name": name, "in": "path", "required": True, "description": words, "schema": schema}
        if name in operation.path:
            found["example"] = operation.path[name]
        made.append(found)
    return made


def _request_headers(route: Route, operation: Operation) -> list[Schema]:
    wanted = ["IdempotencyKey"] if route.writes and operation.security == "token" else []
    wanted += ["IfMatch"] if operation.if_match else []
    wanted += ["IfNoneMatch"] if 304 in operation.answers else []
    return [{"$ref": f"#/components/parameters/{name}"} for name in wanted]


def _responses(route: Route, operation: Operation) -> dict[str, Any]:
    headers = {"X-HubSpot-Correlation-Id": {"$ref": "#/components/headers/CorrelationId"}}
    if operation.etag:
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    made: dict[str, Any] = {}
    for status, name in operation.answers.items():
        made[str(status)] = {"description": _success(status), "headers": headers}
        if name:
            made[str(status)]["content"] = {"application/json": _media(name)}
    for status in _errors_of(route, operation):
        made[status] = (
            _error(_ERRORS[status], operation.error)
            if operation.error != "Error" and status in ("400", "401")
            else {"$ref": f"#/components/responses/{_error_name(status)}"}
        )
    return made


def _media(name: str) -> dict[str, Any]:
    schema = {**COMMON, **COMPONENTS}.get(name, {})
    examples = schema.get("examples")
    return {"schema": ref(name), **({"example": examples[0]} if examples else {})}


def _errors_of(route: Route, operation: Operation) -> list[str]:
    wanted = {"400", "401", "429", "5XX"}
    if operation.security == "token":
        wanted |= {"403"} if _scopes(route) or route.area == "kalends" else set()
    if "{" in route.path or operation.body:
        wanted.add("404")
    if route.writes or "rehearsal" in route.path:
        wanted.add("409")
    if operation.body:
        wanted.add("413")
    if operation.if_match:
        wanted.add("412")
    return sorted(wanted)


def _success(status: int) -> str:
    words = {
        201: "Made.",
        204: "Done; there is nothing to tell.",
        207: "Some of it was not done: see `errors`.",
        304: "The answer that was named is still the present one.",
    }
    return words.get(status, "Done.")


def _error_name(status: str) -> str:
    return f"Error{status}"


def _error(words: str, name: str = "Error") -> dict[str, Any]:
    return {
        "description": words,
        "headers": {"X-HubSpot-Correlation-Id": {"$ref": "#/components/headers/CorrelationId"}},
        "content": {"application/json": {"schema": ref(name)}},
    }


def _security(operation: Operation, scopes: Sequence[str]) -> list[dict[str, list[str]]]:
    if operation.security == "open":
        return []
    if operation.security == "hapikey":
        return [{"hapikey": []}]
    schemes = [{"token": list(scopes)}]
    return [*schemes, {"oauth2": [each for each in scopes if "{" not in each]}] if _has("oauth") else schemes


def _has(area: str) -> bool:
    return any(route.area == area for route in every())


def _scope_words(scope: str) -> str:
    if scope == AUTOMATION:
        return "Read, make and switch workflows, which act on all records"
    what = f"{'Write' if scope.endswith('write') else 'Read'} {scope.split('.')[-2].replace('_', ' ')}"
    return f"{what} (their properties and pipelines)" if ".schemas." in scope else what


def _security_schemes() -> dict[str, Any]:
    scopes = {scope: _scope_words(scope) for scope in known_scopes()}
    listed = "\n".join(f"- `{scope}`" for scope in (ALL, *scopes))
    schemes: dict[str, Any] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the account, made with `kalends token create`. Its scopes are some of:\n\n"
            + listed,
        }
    }
    if _has("oauth"):
        schemes["oauth2"] = {
            "type": "oauth2",
            "description": "For integrations that other accounts install.",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": "/oauth/authorize",
                    "tokenUrl": "/oauth/v1/token",
                    "refreshUrl": "/oauth/v1/token",
                    "scopes": scopes,
                }
            },
        }
    if _has("webhooks"):
        schemes["hapikey"] = {
            "type": "apiKey",
            "in": "query",
            "name": "hapikey",
            "description": "The developer key of an integration.",
        }
    return schemes


_PARAMETERS: Mapping[str, Schema] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same request under the same key gets the first answer again, for 30 days.",
        "schema": text(minLength=1, maxLength=255, pattern="^[!-~]+$"),
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` that the record is known by; one that has changed since stays as it is.",
        "schema": text(pattern='^("[!#-~]+"|\\*)$'),
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of an answer that is there already; the same one is not sent again.",
        "schema": text(pattern='^((W/)?"[!#-~]+"|\\*)$'),
    },
}
_HEADERS: Mapping[str, Schema] = {
    "CorrelationId": {
        "description": "Names this request in the server's log.",
        "required": True,
        "schema": text(format="uuid"),
    },
    "ETag": {
        "description": "The version of the record; not of an answer that is given again.",
        "schema": text(),
    },
}
