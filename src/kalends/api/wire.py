"""Reading what comes over the wire (paths, queries, bodies), lenient in form and strict in content; writing JSON."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn, cast
from urllib.parse import parse_qsl

from django.http import HttpRequest

from kalends.api.errors import ApiError, invalid
from kalends.core.digits import whole_number

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes of a request's body; a hundred records with a few long texts each fit in."""

_MOST_PARAMETERS = 2_000
_DIGITS = re.compile(r"[0-9]{1,18}")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "": False}


def path_of(request: HttpRequest) -> str:
    """The path as text, with everything that was percent-encoded decoded, an encoded slash included."""
    given = str(request.META.get("PATH_INFO", "/"))
    try:
        return given.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return given  # a server that decodes for itself


def record_id(text: object) -> int | None:
    """The number that a text or a JSON number means for a record; ``None`` for what is no record's number.

    >>> record_id("51400700801"), record_id(12), record_id("12.0"), record_id(True), record_id("-1")
    (51400700801, 12, None, None, None)
    """
    if isinstance(text, bool) or not isinstance(text, str | int):
        return None
    return int(text) if _DIGITS.fullmatch(str(text)) and str(text).isascii() else None


class Query:
    """The query of an address: booleans in any case, lists repeated or with commas, numbers within limits."""

    def __init__(self, text: str) -> None:
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
        except ValueError as problem:
            raise invalid(f"The query cannot be read: at most {_MOST_PARAMETERS} parameters.") from problem
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def text(self, name: str, default: str = "") -> str:
        """The last value of a parameter."""
        values = self._values.get(name)
        return values[-1] if values else default

    def flag(self, name: str) -> bool:
        """A boolean; absent is false."""
        value = self.text(name).strip().lower()
        if value not in _BOOLEANS:
            raise invalid(f"The query parameter {name} is {value[:40]!r}; give true or false.")
        return _BOOLEANS[value]

    def names(self, name: str) -> list[str]:
        """A list, repeated or with commas or both, each value once."""
        parts = (part.strip() for value in self._values.get(name, ()) for part in value.split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def limit(self, default: int, most: int) -> int:
        """How many results a page may have."""
        text = self.text("limit").strip()
        if not text:
            return default
        if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= most:
            raise invalid(
                f"The limit is {text[:40]!r}; give a whole number from 1 to {most}.",
                errors=[{"message": f"limit must be from 1 to {most}", "in": "limit"}],
            )
        return int(text)

    def after(self) -> int:
        """The mark behind which a page begins; 0 for the first page."""
        text = self.text("after").strip()
        if not text:
            return 0
        if not _DIGITS.fullmatch(text):
            raise invalid(
                f"The paging mark after is {text[:40]!r}; give the one of the page before, or none for the first page."
            )
        return int(text)


def read_body(request: HttpRequest) -> bytes:
    """The bytes of a request's body. Raises ``ApiError`` (413) when there are too many."""
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    chunked = "chunked" in str(request.META.get("HTTP_TRANSFER_ENCODING", "")).lower()
    length = whole_number(declared)
    if declared.isdecimal() and (length is None or length > LARGEST_BODY):
        raise too_large()
    try:
        source = request.META["wsgi.input"] if chunked else request
        body = cast("bytes", source.read(LARGEST_BODY + 1))
    except OSError as problem:
        raise invalid("The body ended before it was complete.") from problem
    if len(body) > LARGEST_BODY:
        raise too_large()
    return body


def too_large() -> ApiError:
    """More than one request may bring."""
    return ApiError(
        413,
        "VALIDATION_ERROR",
        f"The body is larger than {LARGEST_BODY:,} bytes. Divide the request.",
    )


def read_json(body: bytes) -> Any:
    """What a body's JSON means: numbers exact, no body as an empty object. Raises ``ApiError`` with line and column."""
    if not body.strip():
        return {}
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        raise _bad_json(problem.lineno, problem.colno, problem.msg) from problem
    except UnicodeError as problem:
        raise _bad_json(1, 1, "the text is not UTF-8") from problem
    except RecursionError as problem:
        raise _bad_json(1, 1, "lists and objects are nested too deeply") from problem
    except (ValueError, ArithmeticError) as problem:
        raise _bad_json(1, 1, "a number is too large, or is no number") from problem


def read_object(body: bytes) -> dict[str, Any]:
    """As :func:`read_json`, where only an object makes sense."""
    data = read_json(body)
    if not isinstance(data, dict):
        raise _bad_json(1, 1, "an object was expected")
    return cast("dict[str, Any]", data)


def encode(data: object) -> str:
    """Data as JSON, a ``Decimal`` as the number that it is: no float lies between, which would round it.

    >>> encode({"percentageRate": Decimal("25.500000"), "name": "25.5"}), encode([Decimal("1E+2"), Decimal("0.000001")])
    ('{"percentageRate":25.5,"name":"25.5"}', '[100,0.000001]')
    """
    decimals: list[Decimal] = []
    mark = ""

    def keep(value: object) -> str:
        nonlocal mark
        if not isinstance(value, Decimal):
            raise TypeError(f"{type(value).__name__} is nothing that JSON has")
        mark = mark or secrets.token_hex()  # the data cannot hold a text that nobody could know
        decimals.append(value)
        return mark

    text = json.dumps(data, separators=(",", ":"), default=keep)
    if not decimals:
        return text
    pieces = text.split(f'"{mark}"')
    numbers = [f"{value.normalize():f}" for value in decimals]
    return "".join(piece + number for piece, number in zip(pieces, [*numbers, ""], strict=True))


def field_of(body: Mapping[str, Any], name: str, kind: type, words: str, default: Any = None) -> Any:
    """A field of a body of the right kind; null is as good as absent. Raises ``ApiError``."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise invalid(
            f"Invalid input JSON: {name} is to be {words}.",
            errors=[{"message": f"{name} is to be {words}", "in": name}],
        )
    return value


def _bad_json(line: int, column: int, why: str) -> ApiError:
    return invalid(f"Invalid input JSON on line {line}, column {column}: {why}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
