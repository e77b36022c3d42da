"""Fields of bodies that describe no record: texts, whole numbers, switches, lists of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from kalends.api.errors import ApiError, invalid
from kalends.api.wire import field_of
from kalends.catalog.values import is_storable

Body = Mapping[str, Any]
_LONGEST = 65_536
_LARGEST = 2**31 - 1
_SWITCHES = {"true": True, "false": False}


def text(body: Body, name: str) -> str | None:
    """A text that a database can keep, or none. Raises ``ApiError``."""
    value: str | None = field_of(body, name, str, "a text")
    if value is None:
        return None
    if len(value) > _LONGEST:
        raise wrong(name, f"{name} has {len(value):,} characters; give at most {_LONGEST:,}")
    if not is_storable(value):
        raise wrong(name, f"{name} has a character that cannot be kept: NUL, or half of a pair")
    return value


def whole(body: Body, name: str) -> int | None:
    """A whole number from -1 on, or none. Raises ``ApiError``."""
    value: int | None = field_of(body, name, int, "a whole number")
    if value is not None and (isinstance(value, bool) or not -1 <= value <= _LARGEST):
        raise wrong(name, f"{name} is to be a whole number from -1 to {_LARGEST}")
    return value


def switch(body: Body, name: str) -> bool | None:
    """True or false, also as text, or none. Raises ``ApiError``."""
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    found = _SWITCHES.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise wrong(name, f"{name} is to be true or false")
    return found


def objects(body: Body, name: str) -> list[dict[str, Any]] | None:
    """A list of objects, or none. Raises ``ApiError``."""
    given: list[Any] | None = field_of(body, name, list, "a list of objects")
    if given is None:
        return None
    for place, each in enumerate(given):
        if not isinstance(each, dict):
            raise wrong(f"{name}[{place}]", f"{name}[{place}] is to be an object")
    return cast("list[dict[str, Any]]", given)


def require(body: Body, names: Sequence[str]) -> None:
    """Refuse a body without some of these fields, all at once. Raises ``ApiError``."""
    missing = [name for name in names if body.get(name) is None]
    if missing:
        raise invalid(
            f"Some required fields were not set: [{', '.join(missing)}]",
            errors=[
                {"message": f"{name} is required", "in": name, "code": "REQUIRED_FIELD"} for name in missing
            ],
        )


def wrong(where: str, why: str) -> ApiError:
    """A field that cannot be what it is."""
    return invalid(f"Invalid input JSON: {why}.", errors=[{"message": why, "in": where}])
