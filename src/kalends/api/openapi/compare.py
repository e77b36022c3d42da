"""What a change of the document breaks for programs that rely on it.

Breaking is what a program that did right before may notice: an operation, a parameter, a status or a field of an
answer that is gone; a request that has to say more, or may say less; an answer that may be something else. More
operations, more fields in answers, more that is accepted, and new values of enumerations in answers break nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

Side = Literal["request", "answer"]
Document = Mapping[str, Any]

_AT_MOST = ("maximum", "maxLength", "maxItems", "exclusiveMaximum")
_AT_LEAST = ("minimum", "minLength", "minItems", "exclusiveMinimum")
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def compare(old: Document, new: Document) -> list[str]:
    """Every breaking difference between two documents, each as a sentence that begins with its place.

    >>> old = {"paths": {"/a": {"get": {"operationId": "a", "responses": {"200": {}}}}}}
    >>> compare(old, {"paths": {"/a": {}}})
    ['GET /a: is gone']
    """
    return list(dict.fromkeys(_Comparison(old, new).paths()))


class _Comparison:
    """Two documents, and the schemas of theirs that were compared already: each pair is looked at once for a side."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = old, new
        self.seen: set[tuple[str, str, Side]] = set()

    def paths(self) -> Iterator[str]:
        for path, methods in self.old.get("paths", {}).items():
            for method in (each for each in _METHODS if each in methods):
                place = f"{method.upper()} {path}"
                now = self.new.get("paths", {}).get(path, {}).get(method)
                if now is None:
                    yield f"{place}: is gone"
                else:
                    yield from self.operation(place, methods[method], now)

    def operation(self, place: str, old: Document, new: Document) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{place}: its operationId was {old.get('operationId')}, and is {new.get('operationId')}"
        yield from self.scopes(place, old, new)
        yield from self.parameters(place, old, new)
        yield from self.bodies(place, old.get("requestBody"), new.get("requestBody"))
        yield from self.responses(place, old.get("responses", {}), new.get("responses", {}))

    def scopes(self, place: str, old: Document, new: Document) -> Iterator[str]:
        before, now = _schemes(old), _schemes(new)
        for name, scopes in before.items():
            if name not in now:
                yield f"{place}: {name} no longer opens it"
            for scope in sorted(now.get(name, set()) - scopes):
                yield f"{place}: needs the scope {scope}"
        if not before and now:
            yield f"{place}: was open, and is not"

    def parameters(self, place: str, old: Document, new: Document) -> Iterator[str]:
        before, now = self._parameters(self.old, old), self._parameters(self.new, new)
        for key, each in before.items():
            where = f"{place}: parameter {key[1]}"
            if key not in now:
                yield f"{where}: is gone"
                continue
            if now[key].get("required") and not each.get("required"):
                yield f"{where}: is required"
            yield from self.schema(where, each.get("schema", {}), now[key].get("schema", {}), "request")
        for key, each in now.items():
            if key not in before and each.get("required"):
                yield f"{place}: parameter {key[1]}: is new and required"

    def _parameters(self, root: Document, operation: Document) -> dict[tuple[str, str], Document]:
        found = [_followed(root, each) for each in operation.get("parameters", ())]
        return {(each["in"], each["name"]): each for each in found}

    def bodies(self, place: str, old: Document | None, new: Document | None) -> Iterator[str]:
        if old is None:
            if new is not None and new.get("required"):
                yield f"{place}: a body is required"
            return
        if new is None:
            yield f"{place}: takes no body any more"
            return
        if new.get("required") and not old.get("required"):
            yield f"{place}: its body is required"
        yield from self.contents(f"{place}: body", old, new, "request")

    def responses(self, place: str, old: Document, new: Document) -> Iterator[str]:
        for status, told in old.items():
            if status not in new:
                yield f"{place}: answer {status}: is gone"
                continue
            before, now = _followed(self.old, told), _followed(self.new, new[status])
            for name in before.get("headers", {}):
                if name not in now.get("headers", {}):
                    yield f"{place}: answer {status}: header {name}: is gone"
            yield from self.contents(f"{place}: answer {status}", before, now, "answer")
        for status in new:
            if status not in old and status.startswith("2"):
                yield f"{place}: answer {status}: is a new status of success"

    def contents(self, place: str, old: Document, new: Document, side: Side) -> Iterator[str]:
        before, now = old.get("content", {}), new.get("content", {})
        for kind, media in before.items():
            if kind not in now:
                yield f"{place}: {kind} is gone"
            else:
                yield from self.schema(place, media.get("schema", {}), now[kind].get("schema", {}), side)

    def schema(self, place: str, old: Document, new: Document, side: Side) -> Iterator[str]:
        if "$ref" in old and "$ref" in new:
            key = (old["$ref"], new["$ref"], side)
            if key in self.seen:
                return
            self.seen.add(key)
            place = f"{old['$ref'].rpartition('/')[2]} in {'requests' if side == 'request' else 'answers'}"
        old, new = _followed(self.old, old), _followed(self.new, new)
        if "anyOf" in old or "anyOf" in new:
            yield from self.alternatives(place, old, new, side)
            return
        yield from _kinds(place, old, new, side)
        yield from _enumerations(place, old, new, side)
        yield from _bounds(place, old, new, side)
        yield from self.fields(place, old, new, side)
        if "items" in old and "items" in new:
            yield from self.schema(f"{place}[]", old["items"], new["items"], side)

    def alternatives(self, place: str, old: Document, new: Document, side: Side) -> Iterator[str]:
        """Alternatives are the same when they say the same, or have the same name."""
        before = {_key(each): each for each in old.get("anyOf", [old])}
        now = {_key(each): each for each in new.get("anyOf", [new])}
        if side == "request":
            for key in before.keys() - now.keys():
                yield f"{place}: can no longer be {key}"
        else:
            for key in now.keys() - before.keys():
                yield f"{place}: can be {key}"
        for key in before.keys() & now.keys():
            yield from self.schema(place, before[key], now[key], side)

    def fields(self, place: str, old: Document, new: Document, side: Side) -> Iterator[str]:
        before, now = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in now:
                yield f"{place}.{name}: is gone"
            else:
                yield from self.schema(f"{place}.{name}", schema, now[name], side)
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        if side == "request":
            for name in sorted(needs - needed):
                yield f"{place}.{name}: is required"
        else:
            for name in sorted((needed - needs) & now.keys()):
                yield f"{place}.{name}: may be left out"
        others, other = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if side == "request" and other is False and others is not False:
            yield f"{place}: takes no other fields any more"
        if isinstance(others, Mapping) and isinstance(other, Mapping):
            yield from self.schema(f"{place}.*", others, other, side)


def _kinds(place: str, old: Document, new: Document, side: Side) -> Iterator[str]:
    before, now = _types(old), _types(new)
    if side == "request" and now and (not before or before - now):
        yield f"{place}: may no longer be {_listed(before - now) or 'anything'}"
    if side == "answer" and before and (not now or now - before):
        yield f"{place}: may be {_listed(now - before) or 'anything'}"
    if old.get("format") != new.get("format") and (side == "answer" or "format" in new):
        yield f"{place}: its format was {old.get('format')}, and is {new.get('format')}"


def _types(schema: Document) -> set[str]:
    kind = schema.get("type", [])
    kinds = {kind} if isinstance(kind, str) else set(kind)
    return kinds | ({"integer"} if "number" in kinds else set())


def _enumerations(place: str, old: Document, new: Document, side: Side) -> Iterator[str]:
    if side == "answer":
        if "enum" in old and "enum" not in new:
            yield f"{place}: may be any value"
        return
    if "enum" not in new:
        return
    if "enum" not in old:
        yield f"{place}: takes only {_listed(map(str, new['enum']))}"
    else:
        for value in old["enum"]:
            if value not in new["enum"]:
                yield f"{place}: {value!r} is not taken any more"


def _bounds(place: str, old: Document, new: Document, side: Side) -> Iterator[str]:
    if side == "answer":
        return
    for name in _AT_MOST:
        if name in new and new[name] < old.get(name, float("inf")):
            yield f"{place}: {name} is {new[name]}, and was {old.get(name, 'not there')}"
    for name in _AT_LEAST:
        if name in new and new[name] > old.get(name, float("-inf")):
            yield f"{place}: {name} is {new[name]}, and was {old.get(name, 'not there')}"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{place}: its pattern is {new['pattern']}, and was {old.get('pattern', 'not there')}"


def _schemes(operation: Document) -> dict[str, set[str]]:
    return {name: set(scopes) for each in operation.get("security", ()) for name, scopes in each.items()}


def _followed(root: Document, node: Document) -> Document:
    while "$ref" in node:
        found: Any = root
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def _key(schema: Document) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    return (
        str(schema["type"])
        if set(schema) <= {"type", "description"} and "type" in schema
        else json.dumps(schema, sort_keys=True)
    )


def _listed(words: Any) -> str:
    return ", ".join(sorted(words))
