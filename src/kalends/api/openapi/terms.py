"""JSON Schemas in few words, and how an operation is described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

Schema = dict[str, Any]
Security = Literal["token", "hapikey", "open"]


class Operation(NamedTuple):
    """What the document says of a route beyond what the route itself tells.

    ``handler`` is the route's function, as ``module.function``; its docstring becomes the summary. ``id`` is what
    generated clients call it, and stays. ``answers`` has the schema's name for each status of success, ``""`` where
    the answer has no body. ``version`` says under which of its paths it is shown. ``example`` is a body and ``path``
    the places of a path that lead to success together; a test sends them. Bodies are JSON unless they are a ``form`` or
    ``multipart``. ``error`` is the schema of a 400 and a 401.
    """

    handler: str
    id: str
    tag: str
    answers: Mapping[int, str]
    path: Mapping[str, str] = {}
    version: str = "v3"
    query: Sequence[Schema] = ()
    body: str = ""
    example: Any = None
    body_needed: bool = True
    form: bool = False
    multipart: bool = False
    description: str = ""
    types: Sequence[str] = ()
    if_match: bool = False
    etag: bool = False
    security: Security = "token"
    error: str = "Error"


def of(kind: str | list[str], description: str = "", **more: Any) -> Schema:
    """A schema of a type."""
    return {"type": kind, **({"description": description} if description else {}), **more}


def text(description: str = "", **more: Any) -> Schema:
    """A text."""
    return of("string", description, **more)


def number(description: str = "", **more: Any) -> Schema:
    """A whole number."""
    return of("integer", description, **more)


def flag(description: str = "") -> Schema:
    """True or false."""
    return of("boolean", description)


def moment(description: str = "") -> Schema:
    """A moment in UTC with milliseconds."""
    return text(description, format="date-time")


def day(description: str = "") -> Schema:
    """A day."""
    return text(description, format="date")


def ref(name: str) -> Schema:
    """A schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Schema, description: str = "", **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": items, **({"description": description} if description else {}), **more}


def mapping(values: Schema, description: str = "") -> Schema:
    """An object whose names are not known before."""
    return of("object", description, additionalProperties=values)


def or_null(schema: Schema) -> Schema:
    """The same, or null.

    >>> or_null(text("A word."))["type"], or_null(ref("Word"))
    (['string', 'null'], {'anyOf': [{'$ref': '#/components/schemas/Word'}, {'type': 'null'}]})
    """
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def shape(
    needed: Mapping[str, Schema],
    more: Mapping[str, Schema] | None = None,
    *,
    description: str = "",
    example: Any = None,
) -> Schema:
    """An object with properties that it always has, and others.

    >>> shape({"id": text()}, {"name": text()})["required"]
    ['id']
    """
    made = of("object", description, properties={**needed, **(more or {})})
    if needed:
        made["required"] = list(needed)
    if example is not None:
        made["examples"] = [example]
    return made


def page(name: str, *, example: Any = None, **more: Schema) -> Schema:
    """A page of what the components call ``name``."""
    return shape({"results": array(ref(name)), **more}, {"paging": ref("Paging")}, example=example)


def listed(name: str, *, example: Any = None) -> Schema:
    """All of something, without pages."""
    return shape({"results": array(ref(name))}, example=example)


def batch(name: str, *, example: Any = None) -> Schema:
    """The envelope of a batch."""
    return shape(
        {
            "status": text("Always COMPLETE.", enum=["COMPLETE"]),
            "results": array(ref(name)),
            "startedAt": moment(),
            "completedAt": moment(),
        },
        {
            "numErrors": number("How many elements `errors` has."),
            "errors": array(ref("BatchError"), "What was not done, with status 207."),
        },
        example=example,
    )


def inputs(items: Schema, most: int, *, description: str = "", **more: Schema) -> Schema:
    """The body of a batch."""
    return shape({"inputs": array(items, maxItems=most)}, more, description=description)


def parameter(name: str, schema: Schema, description: str, **more: Any) -> Schema:
    """A parameter of the query."""
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def names(name: str, description: str) -> Schema:
    """A list in the query, repeated or with commas."""
    return parameter(name, array(text()), f"{description} Repeated, or with commas.")


def limit(default: int, most: int) -> Schema:
    """How many results a page has."""
    return parameter(
        "limit", number(minimum=1, maximum=most, default=default), f"Results of a page, {most} at most."
    )


AFTER = parameter("after", text(pattern="^[0-9]{1,18}$"), "The `paging.next.after` of the page before.")
ARCHIVED = parameter("archived", of("boolean", default=False), "What is archived, instead of what is not.")
GIVEN_ID: Schema = of(["string", "integer"], "A record's number, as text or number.", pattern="^[0-9]{1,18}$")
ID = text("A number, as text.", pattern="^[0-9]+$")
COMMON: dict[str, Schema] = {
    "Error": shape(
        {
            "status": text(enum=["error"]),
            "message": text("What is wrong, in a sentence."),
            "correlationId": text(
                "Under this the server's log has more: what the request gave in `X-Request-ID`, else a new one; "
                "also in `X-HubSpot-Correlation-Id`."
            ),
            "category": text("VALIDATION_ERROR, OBJECT_NOT_FOUND, CONFLICT, MISSING_SCOPES and so on."),
        },
        {
            "subCategory": text(),
            "errors": array(ref("ErrorDetail"), "Everything that is wrong, one by one."),
            "context": mapping(array(text())),
            "errorType": text("RATE_LIMIT, of a request too many."),
            "policyName": text("The limit that was reached."),
            "requestId": text(),
        },
        example={
            "status": "error",
            "message": "resource not found",
            "correlationId": "0f5a3d0e-8f4e-4c58-9c5e-0d5a86f3b111",
            "category": "OBJECT_NOT_FOUND",
        },
    ),
    "ErrorDetail": shape(
        {"message": text()},
        {
            "code": text("PROPERTY_DOESNT_EXIST, INVALID_OPTION, REQUIRED_FIELD and so on."),
            "in": text("The place in the request."),
            "context": mapping(array(of(["string", "null"]))),
        },
    ),
    "BatchError": shape(
        {"status": text(enum=["error"]), "category": text(), "message": text()},
        {
            "subCategory": text(),
            "context": mapping(array(of(["string", "null"])), "Which inputs are meant."),
            "errors": array(ref("ErrorDetail")),
            "links": mapping(text()),
        },
    ),
    "Paging": shape({"next": shape({"after": text("Ask with this for the next page.")})}),
}
