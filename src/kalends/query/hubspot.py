"""HubSpot's search, in the terms of our filter language.

Operators map one to one. NEQ, NOT_IN and NOT_CONTAINS_TOKEN let records without a value pass, which HubSpot's own
documentation leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kalends.catalog.model import ObjectType, Property, Sort
from kalends.catalog.registry import UnknownName, get_object, get_property
from kalends.query.language import Filter, Kind, Limits, Operator, kind_of
from kalends.query.parse import FilterError, Problem, parse

HUBSPOT_LIMITS = Limits(groups=5, conditions=18, conditions_per_group=6, values=100)
LARGEST_PAGE = 200
LAST_RECORD = 10_000
LONGEST_QUERY = 3_000

_O = Operator
_BY_KIND: dict[str, dict[Kind, Operator]] = {
    "LT": {"number": _O.LESS, "time": _O.BEFORE},
    "LTE": {"number": _O.LESS_OR_EQUAL, "time": _O.ON_OR_BEFORE},
    "GT": {"number": _O.GREATER, "time": _O.AFTER},
    "GTE": {"number": _O.GREATER_OR_EQUAL, "time": _O.ON_OR_AFTER},
    "BETWEEN": {"number": _O.BETWEEN, "time": _O.BETWEEN},
    "CONTAINS_TOKEN": {"text": _O.HAS_WORD},
    "NOT_CONTAINS_TOKEN": {"text": _O.LACKS_WORD},
}
_ALWAYS = {
    "EQ": _O.IS_ANY_OF,
    "IN": _O.IS_ANY_OF,
    "NEQ": _O.IS_NONE_OF,
    "NOT_IN": _O.IS_NONE_OF,
    "HAS_PROPERTY": _O.KNOWN,
    "NOT_HAS_PROPERTY": _O.UNKNOWN,
}
_WITH_EMPTY = ("NEQ", "NOT_IN", "NOT_CONTAINS_TOKEN")
_OPERATORS = (*_ALWAYS, *_BY_KIND)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search asks for; hand it to :func:`kalends.query.compile_select`."""

    filter: Filter
    sort: Sort
    columns: tuple[str, ...]
    search: str | None
    limit: int
    offset: int


def from_hubspot_search(obj: ObjectType, body: Mapping[str, Any]) -> Search:
    """The search that a request's JSON body means. Raises :class:`FilterError` with all mistakes.

    >>> from kalends.catalog import get_object
    >>> search = from_hubspot_search(get_object("subscription"), {"filters": [
    ...     {"propertyName": "hs_mrr", "operator": "GTE", "value": "100"}], "sorts": ["-hs_mrr"], "limit": 5})
    >>> search.filter.groups[0][0].operator.value, search.sort, search.limit
    ('greater_or_equal', Sort(property='hs_mrr', descending=True), 5)
    """
    problems: list[Problem] = []
    groups = _list(problems, "filterGroups", body.get("filterGroups") or [])
    if body.get("filters"):
        groups = [*groups, {"filters": body["filters"]}]
    converted = [_group(obj, f"group {number}", group, problems) for number, group in enumerate(groups, 1)]
    wanted = Filter()
    try:
        wanted = parse(obj, {"groups": [group for group in converted if group]}, HUBSPOT_LIMITS)
    except FilterError as error:
        problems.extend(error.problems)
    limit = _count(problems, "limit", body.get("limit"), 10, LARGEST_PAGE)
    offset = _count(problems, "after", body.get("after"), 0, LAST_RECORD)
    if offset + limit > LAST_RECORD:
        problems.append(
            Problem("after", str(offset), f"Only the first {LAST_RECORD} results can be paged through.")
        )
    query = body.get("query")
    if query is not None and (not isinstance(query, str) or len(query) > LONGEST_QUERY or "\x00" in query):
        problems.append(
            Problem("query", str(query)[:80], f"Give a text of at most {LONGEST_QUERY} characters.")
        )
    sort = _sort(obj, problems, body.get("sorts") or [])
    columns = _columns(obj, _list(problems, "properties", body.get("properties") or []))
    if problems:
        raise FilterError(tuple(problems))
    return Search(wanted, sort, columns, cast("str | None", query), limit, offset)


def _list(problems: list[Problem], place: str, value: object) -> list[Any]:
    if isinstance(value, list):
        return cast("list[Any]", value)
    problems.append(Problem(place, str(value)[:80], "Give a list."))
    return []


def _count(problems: list[Problem], place: str, value: object, default: int, most: int) -> int:
    if value is None or value == "":
        return default
    text = str(value)
    if isinstance(value, bool) or not (
        text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most
    ):
        problems.append(Problem(place, text[:80], f"Give a whole number from 0 to {most}."))
        return default
    return int(text)


def _group(obj: ObjectType, place: str, group: object, problems: list[Problem]) -> list[dict[str, Any]]:
    if not isinstance(group, Mapping):
        problems.append(Problem(place, str(group)[:80], 'Give an object with the key "filters".'))
        return []
    filters = _list(problems, place, cast("Mapping[str, Any]", group).get("filters") or [])
    terms: list[dict[str, Any]] = []
    for number, each in enumerate(filters, 1):
        where = f"{place}, condition {number}"
        if not isinstance(each, Mapping):
            problems.append(Problem(where, str(each)[:80], 'Give "propertyName", "operator" and "value".'))
            continue
        term = _term(obj, where, cast("Mapping[str, Any]", each), problems)
        if term is not None:
            terms.append(term)
    return terms


def _term(
    obj: ObjectType, place: str, given: Mapping[str, Any], problems: list[Problem]
) -> dict[str, Any] | None:
    name, operator = str(given.get("propertyName")), str(given.get("operator"))
    if operator not in _OPERATORS:
        problems.append(Problem(place, operator, f"The operators are {', '.join(_OPERATORS)}."))
        return None
    if name.startswith("associations."):
        return _association_term(place, name.removeprefix("associations."), operator, given, problems)
    try:
        prop = get_property(obj, name)
    except UnknownName as problem:
        problems.append(Problem(place, name, str(problem)))
        return None
    mapped = _operator(prop, operator, given)
    if mapped is None:
        problems.append(
            Problem(place, operator, f"{name} is of the type {prop.type}, which {operator} does not know.")
        )
        return None
    term: dict[str, Any] = {
        "property": name,
        "operator": mapped.value,
        "include_empty": operator in _WITH_EMPTY,
    }
    values = _values(operator, given)
    if values and mapped not in (_O.IS_TRUE, _O.IS_FALSE):
        term["values"] = values
    return term


def _operator(prop: Property, operator: str, given: Mapping[str, Any]) -> Operator | None:
    kind = kind_of(prop)
    if kind == "bool" and operator in ("EQ", "NEQ", "IN", "NOT_IN"):
        said = {str(value).lower() for value in _values(operator, given)}
        if len(said) != 1 or not said <= {"true", "false"}:
            return None
        wanted = (said == {"true"}) == (operator in ("EQ", "IN"))
        return _O.IS_TRUE if wanted else _O.IS_FALSE
    return _ALWAYS.get(operator) or _BY_KIND[operator].get(kind)


def _values(operator: str, given: Mapping[str, Any]) -> list[Any]:
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return []
    if operator in ("IN", "NOT_IN"):
        values = given.get("values")
        return cast("list[Any]", values) if isinstance(values, list) else []
    if operator == "BETWEEN":
        return [given.get("value"), given.get("highValue")]
    return [given.get("value")]


def _association_term(
    place: str, to: str, operator: str, given: Mapping[str, Any], problems: list[Problem]
) -> dict[str, Any] | None:
    if operator not in _ALWAYS:
        problems.append(Problem(place, operator, f"Associations know the operators {', '.join(_ALWAYS)}."))
        return None
    try:
        target = get_object(to).name
    except UnknownName as problem:
        problems.append(Problem(place, to, str(problem)))
        return None
    values = _values(operator, given)
    return {
        "associated": target,
        "quantifier": "none" if operator in ("NEQ", "NOT_IN", "NOT_HAS_PROPERTY") else "any",
        "conditions": [{"property": "hs_object_id", "operator": "is_any_of", "values": values}]
        if values
        else [],
    }


def _sort(obj: ObjectType, problems: list[Problem], sorts: object) -> Sort:
    rules = _list(problems, "sorts", sorts)
    if len(rules) > 1:
        problems.append(Problem("sorts", f"{len(rules)} rules", "Give one rule."))
    if not rules:
        return Sort(obj.created)
    rule = rules[0]
    if isinstance(rule, Mapping):
        given = cast("Mapping[str, Any]", rule)
        name, direction = str(given.get("propertyName")), str(given.get("direction") or "ASCENDING").upper()
        if direction not in ("ASCENDING", "DESCENDING"):
            problems.append(Problem("sorts", direction, "Give ASCENDING or DESCENDING."))
        descending = direction == "DESCENDING"
    else:
        descending = str(rule).startswith("-")
        name = str(rule).removeprefix("-")
    try:
        return Sort(get_property(obj, name).name, descending)
    except UnknownName as problem:
        problems.append(Problem("sorts", name, str(problem)))
        return Sort(obj.created)


def _columns(obj: ObjectType, asked: list[Any]) -> tuple[str, ...]:
    """The properties of the answer; as HubSpot does, names that are not known are left out."""
    known = [str(name) for name in asked if str(name) in obj.by_name]
    return tuple(
        dict.fromkeys((obj.created, obj.modified, "hs_object_id", *(known if asked else obj.api_defaults)))
    )
