"""The reference page: the document for people, as one page without scripts that a browser can search."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from kalends.api.openapi.document import document
from kalends.api.openapi.records import component
from kalends.api.openapi.terms import Schema
from kalends.catalog.registry import OBJECTS

_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")
_MOST_VALUES = 40
_METHODS = ("get", "post", "put", "patch", "delete")


class Row(NamedTuple):
    """A parameter, a field or a property: its name, what it may be, what it means."""

    name: str
    kind: SafeString
    needed: bool
    note: str
    words: SafeString
    place: str = ""


class Reply(NamedTuple):
    """An answer: its status, its schema, what it means."""

    status: str
    schema: str
    words: SafeString


class Entry(NamedTuple):
    """An operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    words: SafeString
    parameters: list[Row]
    body: str
    body_needed: bool
    request: str
    replies: list[Reply]
    response: str


class Section(NamedTuple):
    """The operations of a tag."""

    id: str
    name: str
    words: SafeString
    entries: list[Entry]


class Table(NamedTuple):
    """A schema or an object as the page shows it."""

    id: str
    name: str
    words: SafeString
    rows: list[Row]
    kind: SafeString


def page() -> str:
    """The page in HTML."""
    told = document()
    schemas: dict[str, Schema] = told["components"]["schemas"]
    objects = [component(obj) for obj in OBJECTS.values()]
    hidden = {*objects, *(f"{name}Input" for name in objects)}
    return render_to_string(
        "api/reference.html",
        {
            "version": told["info"]["version"],
            "introduction": prose(told["info"]["description"]),
            "schemes": [
                (name, prose(each["description"]))
                for name, each in told["components"]["securitySchemes"].items()
            ],
            "sections": [_section(told, tag) for tag in told["tags"]],
            "objects": [_table(name, schemas[name], told) for name in objects],
            "schemas": [_table(name, each, told) for name, each in schemas.items() if name not in hidden],
        },
    )


def prose(words: str) -> SafeString:
    """Paragraphs, lists, `code` and **strong** words in HTML.

    >>> prose("Any `id`.\\n\\n- one\\n- <two>")
    '<p>Any <code>id</code>.</p><ul><li>one</li><li>&lt;two&gt;</li></ul>'
    """
    parts = [part.strip() for part in words.split("\n\n") if part.strip()]
    return mark_safe("".join(_part(part) for part in parts))  # noqa: S308 - every word was escaped


def _part(part: str) -> str:
    if part.startswith("- "):
        return f"<ul>{''.join(f'<li>{_inline(line[2:])}</li>' for line in part.splitlines())}</ul>"
    return f"<p>{_inline(part)}</p>"


def _safe(words: str) -> SafeString:
    return mark_safe(_inline(words))  # noqa: S308 - every word was escaped


def _inline(words: str) -> str:
    escaped = escape(words)
    return _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", escaped))


def _section(told: dict[str, Any], tag: dict[str, str]) -> Section:
    entries = [
        _entry(told, path, method, operations[method])
        for path, operations in told["paths"].items()
        for method in _METHODS
        if method in operations and operations[method]["tags"] == [tag["name"]]
    ]
    return Section(f"tag-{tag['name'].lower()}", tag["name"], prose(tag["description"]), entries)


def _entry(told: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Entry:
    media = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
    replies = [_reply(told, status, each) for status, each in operation["responses"].items()]
    first = next(iter(operation["responses"].values()))
    example = next(iter(first.get("content", {}).values()), {}).get("example")
    return Entry(
        operation["operationId"],
        method.upper(),
        path,
        operation["summary"],
        prose(operation["description"]),
        [_parameter(_found(told, each), told) for each in operation.get("parameters", [])],
        _named(media.get("schema", {})),
        operation.get("requestBody", {}).get("required", False),
        _pretty(media.get("example")),
        replies,
        _pretty(example),
    )


def _found(told: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What a reference points at, or what was given."""
    found: Any = given
    while "$ref" in found:
        steps = found["$ref"].removeprefix("#/").split("/")
        found = told
        for step in steps:
            found = found[step]
    return found


def _reply(told: dict[str, Any], status: str, given: dict[str, Any]) -> Reply:
    found = _found(told, given)
    content = next(iter(found.get("content", {}).values()), {})
    return Reply(status, _named(content.get("schema", {})), _safe(found["description"]))


def _parameter(given: dict[str, Any], told: dict[str, Any]) -> Row:
    kind = _kind(given["schema"], told)
    words = given.get("description", "")
    return Row(given["name"], kind, given.get("required", False), "", _safe(words), given["in"])


def _table(name: str, schema: Schema, told: dict[str, Any]) -> Table:
    rows = [
        Row(
            each,
            _kind(field, told),
            each in schema.get("required", ()),
            "read only" if field.get("readOnly") else "",
            _safe(_meaning(field)),
        )
        for each, field in schema.get("properties", {}).items()
    ]
    kind = SafeString("") if rows else _kind(schema, told)
    return Table(name, schema.get("title", name), prose(schema.get("description", "")), rows, kind)


def _meaning(field: Schema) -> str:
    return ". ".join(filter(None, (field.get("title", ""), field.get("description", ""))))


def _kind(schema: Schema, told: dict[str, Any]) -> SafeString:
    """What a value may be, in a few words with links to the schemas that they name."""
    if "$ref" in schema:
        name = _named(schema)
        return format_html('<a href="#schema-{}">{}</a>', name, name)
    if "anyOf" in schema:
        return format_html_join(" or ", "{}", ((_kind(each, told),) for each in schema["anyOf"]))
    if "enum" in schema:
        return _values([each for each in schema["enum"] if each not in (None, "")])
    kind = schema.get("type", "anything")
    if kind == "array":
        return format_html("list of {}", _kind(schema["items"], told))
    if (
        kind == "object"
        and schema.get("additionalProperties") not in (None, True, False)
        and not schema.get("properties")
    ):
        return format_html("object of {}", _kind(schema["additionalProperties"], told))
    kinds = [kind] if isinstance(kind, str) else [each for each in kind if each != "null"]
    form = {"decimal": "number"}.get(schema.get("format", ""), schema.get("format", ""))
    shown = " or ".join(str(form or each) for each in kinds)
    inner = schema.get("properties", {})
    if inner:
        return format_html(
            "object with {}", format_html_join(", ", "<code>{}</code>", ((name,) for name in inner))
        )
    return format_html("{}", shown)


def _values(values: list[object]) -> SafeString:
    shown = format_html_join(" ", "<code>{}</code>", ((each,) for each in values[:_MOST_VALUES]))
    return (
        shown
        if len(values) <= _MOST_VALUES
        else format_html("{} and {} more", shown, len(values) - _MOST_VALUES)
    )


def _named(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _pretty(example: object) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)
