"""Records as requests describe them: properties, and what a new record is tied to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from kalends.api.call import Call
from kalends.api.errors import ApiError, invalid
from kalends.api.wire import field_of, record_id
from kalends.catalog.model import ObjectType
from kalends.crm.association_types import DEFINED, CannotAssociate, target_of
from kalends.crm.records import New
from kalends.crm.rules import Tie

MOST_INPUTS = 100
_MOST_TIES = 1_000


def properties_of(body: Mapping[str, Any]) -> dict[str, object]:
    """The properties of a record. Raises ``ApiError`` where there are none."""
    found = field_of(body, "properties", dict, "an object of property names and values")
    if found is None:
        raise invalid(
            "Some required fields were not set: [properties]",
            errors=[{"message": "properties is required", "in": "properties", "code": "REQUIRED_FIELD"}],
        )
    return cast("dict[str, object]", found)


def new_record(call: Call, obj: ObjectType, body: Mapping[str, Any]) -> New:
    """A record to be. Raises ``ApiError``."""
    return New(properties_of(body), _ties(call, obj, body))


def _ties(call: Call, obj: ObjectType, body: Mapping[str, Any]) -> tuple[Tie, ...]:
    given = cast("list[Any]", field_of(body, "associations", list, "a list", []))
    if len(given) > _MOST_TIES:
        raise invalid(f"A record can be given at most {_MOST_TIES} associations at once.")
    ties: list[Tie] = []
    for place, each in enumerate(given):
        item = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        to, types = item.get("to"), item.get("types")
        id_ = record_id(cast("dict[str, Any]", to).get("id")) if isinstance(to, dict) else None
        if id_ is None:
            raise _wrong(place, "to.id is to be the number of a record")
        if not isinstance(types, list) or not types:
            raise _wrong(place, "types is to be a list with at least one association type")
        for kind in cast("list[Any]", types):
            category, number = _kind(place, kind)
            try:
                target = target_of(call.db, call.ctx, obj.name, category, number)
            except CannotAssociate as refusal:
                raise _wrong(place, str(refusal)) from refusal
            ties.append(Tie(target, id_, category, number))
    return tuple(ties)


def _kind(place: int, kind: object) -> tuple[str, int]:
    """The category and the number of an association type; without a category it is one of those that all have."""
    given = cast("dict[str, Any]", kind) if isinstance(kind, dict) else {}
    number, category = record_id(given.get("associationTypeId")), given.get("associationCategory") or DEFINED
    if number is None or not isinstance(category, str):
        raise _wrong(place, "each of types is to have associationCategory and associationTypeId")
    return category, number


def _wrong(place: int, why: str) -> ApiError:
    return invalid(
        f"Invalid association at index {place}: {why.rstrip('.')}.",
        errors=[{"message": why, "in": f"associations[{place}]", "code": "INVALID_ASSOCIATION"}],
    )


def inputs_of(body: Mapping[str, Any], most: int = MOST_INPUTS) -> list[dict[str, Any]]:
    """The inputs of a batch. Raises ``ApiError``."""
    given = field_of(body, "inputs", list, "a list")
    if given is None:
        raise invalid(
            "Some required fields were not set: [inputs]",
            errors=[{"message": "inputs is required", "in": "inputs", "code": "REQUIRED_FIELD"}],
        )
    if len(given) > most:
        raise invalid(f"The batch has {len(given):,} inputs; give at most {most}.")
    for place, each in enumerate(given):
        if not isinstance(each, dict):
            raise invalid(f"Invalid input JSON: inputs[{place}] is to be an object.")
    return cast("list[dict[str, Any]]", given)
