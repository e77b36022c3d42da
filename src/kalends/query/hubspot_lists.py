"""HubSpot's filters of lists, in the terms of our filter language, and back.

A list's filter is a tree: an OR branch of AND branches of filters, and ASSOCIATION branches among them for conditions
on associated records. An ASSOCIATION branch whose operator is ``NOT_IN_LIST`` asks for no such record. What HubSpot
has no operation for is written as an operation of the type ``KALENDS``, with our own operator and values, and read back
the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import UnknownName, tied_object
from kalends.query.language import Associated, Condition, Filter, Limits, Member, Operator, Term, kind_of
from kalends.query.parse import FilterError, Problem, parse, to_json

_O = Operator
_OWN = "KALENDS"


class _Form(NamedTuple):
    """HubSpot's operation for one of ours, and the key under which it has its values."""

    type: str
    operator: str
    key: str = "values"


_TEXT = {
    _O.IS_ANY_OF: "IS_EQUAL_TO",
    _O.IS_NONE_OF: "IS_NOT_EQUAL_TO",
    _O.CONTAINS_ANY_OF: "CONTAINS",
    _O.CONTAINS_NONE_OF: "DOES_NOT_CONTAIN",
    _O.STARTS_WITH_ANY_OF: "STARTS_WITH",
    _O.ENDS_WITH_ANY_OF: "ENDS_WITH",
    _O.HAS_EVER_BEEN: "HAS_EVER_BEEN_EQUAL_TO",
    _O.HAS_NEVER_BEEN: "HAS_NEVER_BEEN_EQUAL_TO",
    _O.HAS_EVER_CONTAINED: "HAS_EVER_CONTAINED",
    _O.HAS_NEVER_CONTAINED: "HAS_NEVER_CONTAINED",
}
_NUMBER = {
    _O.GREATER: "IS_GREATER_THAN",
    _O.GREATER_OR_EQUAL: "IS_GREATER_THAN_OR_EQUAL_TO",
    _O.LESS: "IS_LESS_THAN",
    _O.LESS_OR_EQUAL: "IS_LESS_THAN_OR_EQUAL_TO",
}
_RANGE = {_O.BETWEEN: "IS_BETWEEN", _O.NOT_BETWEEN: "IS_NOT_BETWEEN"}
_CHOICE = {
    _O.IS_ANY_OF: "IS_ANY_OF",
    _O.IS_NONE_OF: "IS_NONE_OF",
    _O.CONTAINS_ALL_OF: "CONTAINS_ALL",
    _O.CONTAINS_NOT_ALL_OF: "DOES_NOT_CONTAIN_ALL",
    _O.IS_EXACTLY: "IS_EXACTLY",
    _O.IS_NOT_EXACTLY: "IS_NOT_EXACTLY",
    _O.HAS_EVER_BEEN: "HAS_EVER_BEEN_ANY_OF",
    _O.HAS_NEVER_BEEN: "HAS_NEVER_BEEN_ANY_OF",
}
_ROLLING = {
    _O.LESS_THAN_DAYS_AGO: "IS_LESS_THAN_X_DAYS_AGO",
    _O.MORE_THAN_DAYS_AGO: "IS_MORE_THAN_X_DAYS_AGO",
    _O.LESS_THAN_DAYS_AHEAD: "IS_LESS_THAN_X_DAYS_FROM_NOW",
    _O.MORE_THAN_DAYS_AHEAD: "IS_MORE_THAN_X_DAYS_FROM_NOW",
}
_UPDATED = {
    _O.UPDATED_IN_LAST_DAYS: "IS_UPDATED_IN_LAST_X_DAYS",
    _O.NOT_UPDATED_IN_LAST_DAYS: "IS_NOT_UPDATED_IN_LAST_X_DAYS",
}
_DATE = {
    _O.IS_ANY_OF: "IS_EQUAL_TO",
    _O.BEFORE: "IS_BEFORE",
    _O.AFTER: "IS_AFTER",
    _O.ON_OR_BEFORE: "IS_ON_OR_BEFORE",
    _O.ON_OR_AFTER: "IS_ON_OR_AFTER",
}
_KNOWN = {_O.KNOWN: "IS_KNOWN", _O.UNKNOWN: "IS_UNKNOWN"}


def _forms() -> dict[tuple[str, Operator], _Form]:
    """By the kind of property and our operator; what is not here is told in our own terms."""
    found: dict[tuple[str, Operator], _Form] = {}
    numbers = {**_TEXT, **_NUMBER}
    for kind, type_, operators, key in (
        ("text", "MULTISTRING", _TEXT, "values"),
        ("number", "NUMBER", numbers, "value"),
        ("number", "NUMBER_RANGED", _RANGE, "bounds"),
        ("choice", "ENUMERATION", _CHOICE, "values"),
        ("choices", "ENUMERATION", _CHOICE, "values"),
        ("time", "DATE", _DATE, "day"),
        ("time", "ROLLING_DATE_RANGE", _ROLLING, "numberOfDays"),
        *((each, "ROLLING_PROPERTY_UPDATED", _UPDATED, "numberOfDays") for each in _KINDS),
        *((each, "ALL_PROPERTY", _KNOWN, "") for each in _KINDS),
    ):
        found.update({(kind, ours): _Form(type_, theirs, key) for ours, theirs in operators.items()})
    return found


_KINDS = ("text", "number", "choice", "choices", "time", "bool")
_FORMS = _forms()
_ALIASES = {"STRING": "MULTISTRING", "MULTI_STRING": "MULTISTRING", "NUMBER": "NUMBER_RANGED"}


def from_filter_branch(obj: ObjectType, branch: object, limits: Limits | None = None) -> Filter:
    """The filter that a list's tree means. Raises :class:`FilterError` with all mistakes.

    >>> from kalends.catalog import get_object
    >>> operation = {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["unpaid"]}
    >>> rule = {"filterType": "PROPERTY", "property": "hs_status", "operation": operation}
    >>> tree = {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filters": [rule]}]}
    >>> wanted = from_filter_branch(get_object("subscription"), tree)
    >>> wanted.groups[0][0].operator.value, to_filter_branch(get_object("subscription"), wanted)["filterBranchType"]
    ('is_any_of', 'OR')
    """
    problems: list[Problem] = []
    groups: list[list[dict[str, Any]]] = []
    root = _mapping(branch, "filterBranch", problems)
    if root.get("filterBranchType") not in (None, "OR"):
        root = {"filterBranches": [root]}
    if root.get("filters"):
        problems.append(
            Problem("filterBranch", "filters", "Put the filters into an AND branch of the OR branch.")
        )
    for number, each in enumerate(_list(root.get("filterBranches") or [], "filterBranches", problems), 1):
        terms = _and_branch(obj, each, f"group {number}", problems)
        if terms:
            groups.append(terms)
    if problems:
        raise FilterError(tuple(problems))
    return parse(obj, {"groups": groups}, limits)


def _mapping(given: object, place: str, problems: list[Problem]) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return cast("Mapping[str, Any]", given)
    problems.append(Problem(place, str(given)[:80], "Give an object."))
    return {}


def _list(given: object, place: str, problems: list[Problem]) -> list[Any]:
    if isinstance(given, list):
        return cast("list[Any]", given)
    problems.append(Problem(place, str(given)[:80], "Give a list."))
    return []


def _and_branch(obj: ObjectType, given: object, place: str, problems: list[Problem]) -> list[dict[str, Any]]:
    branch = _mapping(given, place, problems)
    rules = _list(branch.get("filters") or [], place, problems)
    terms = [_rule(obj, each, f"{place}, filter {n}", problems) for n, each in enumerate(rules, 1)]
    for number, each in enumerate(_list(branch.get("filterBranches") or [], place, problems), 1):
        terms.append(_association(obj, each, f"{place}, branch {number}", problems))
    return [term for term in terms if term]


def _association(obj: ObjectType, given: object, place: str, problems: list[Problem]) -> dict[str, Any]:
    branch = _mapping(given, place, problems)
    kind, target = str(branch.get("filterBranchType")), str(branch.get("objectTypeId"))
    if kind != "ASSOCIATION":
        problems.append(Problem(place, kind, "Inside an AND branch only ASSOCIATION branches can stand."))
        return {}
    try:
        other = tied_object(obj, target)
    except UnknownName as unknown:
        problems.append(Problem(place, target, str(unknown)))
        return {}
    rules = _list(branch.get("filters") or [], place, problems)
    inner = [_rule(other, each, f"{place}, filter {n}", problems) for n, each in enumerate(rules, 1)]
    none = branch.get("operator") == "NOT_IN_LIST"
    return {
        "associated": other.name,
        "quantifier": "none" if none else "any",
        "conditions": [each for each in inner if each],
    }


def _rule(obj: ObjectType, given: object, place: str, problems: list[Problem]) -> dict[str, Any]:
    rule = _mapping(given, place, problems)
    kind = str(rule.get("filterType"))
    if kind == "IN_LIST":
        none = rule.get("operator") == "NOT_IN_LIST"
        return {"segment": str(rule.get("listId")), "quantifier": "none" if none else "any"}
    if kind != "PROPERTY":
        problems.append(Problem(place, kind, "The types of filters are PROPERTY and IN_LIST."))
        return {}
    prop = obj.by_name.get(str(rule.get("property")))
    operation = _mapping(rule.get("operation"), place, problems)
    if prop is None:
        problems.append(Problem(place, str(rule.get("property")), f"The {obj.name} has no such property."))
        return {}
    asked = _operation(kind_of(prop), operation)
    if asked is None:
        said = f"{operation.get('operationType')} {operation.get('operator')}"
        problems.append(
            Problem(place, said, f"{prop.name} is of the type {prop.type}, which has no such operation.")
        )
        return {}
    return {
        "property": prop.name,
        **asked,
        "include_empty": operation.get("includeObjectsWithNoValueSet") is True,
    }


def _operation(kind: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Our operator and values for an operation of theirs."""
    type_, operator = str(given.get("operationType")), str(given.get("operator"))
    if type_ == _OWN:
        return {"operator": operator, "values": given.get("values") or []}
    if type_ == "BOOL" and kind == "bool":
        wanted = (given.get("value") in (True, "true")) == (operator == "IS_EQUAL_TO")
        return {"operator": "is_true" if wanted else "is_false"}
    for (of, ours), form in _FORMS.items():
        if of == kind and form.operator == operator and form.type in (type_, _ALIASES.get(type_)):
            return {"operator": ours.value, "values": _values(form, given)}
    return None


def _values(form: _Form, given: Mapping[str, Any]) -> list[Any]:
    match form.key:
        case "":
            return []
        case "bounds":
            return [given.get("lowerBound"), given.get("upperBound")]
        case "day":
            year, month, day = (given.get(each) for each in ("year", "month", "day"))
            return [f"{year}-{month!s:0>2}-{day!s:0>2}"] if year else [given.get("value")]
        case key:
            found = given.get(key, given.get("value"))
            return cast("list[Any]", found) if isinstance(found, list) else [found]


def to_filter_branch(obj: ObjectType, wanted: Filter) -> dict[str, Any]:
    """The tree of a filter; :func:`from_filter_branch` gives the same filter back."""
    branches: list[dict[str, Any]] = []
    for group in wanted.groups:
        ties = [term for term in group if isinstance(term, Associated)]
        own = [term for term in group if not isinstance(term, Associated)]
        branches.append(
            {
                "filterBranchType": "AND",
                "filterBranchOperator": "AND",
                "filters": [_told(obj, each) for each in own],
                "filterBranches": [_told_tie(obj, each) for each in ties],
            }
        )
    return {"filterBranchType": "OR", "filterBranchOperator": "OR", "filters": [], "filterBranches": branches}


def _told_tie(obj: ObjectType, term: Associated) -> dict[str, Any]:
    target = tied_object(obj, term.object)
    tie = obj.association(target.name)
    assert tie is not None, f"the catalogue ties no {obj.name} to a {target.name}"
    return {
        "filterBranchType": "ASSOCIATION",
        "filterBranchOperator": "AND",
        "objectTypeId": target.type_id,
        "operator": "IN_LIST" if term.quantifier == "any" else "NOT_IN_LIST",
        "associationCategory": "HUBSPOT_DEFINED",
        "associationTypeId": tie.type_id,
        "filters": [_told(target, each) for each in term.conditions],
        "filterBranches": [],
    }


def _told(obj: ObjectType, term: Condition | Member) -> dict[str, Any]:
    if isinstance(term, Member):
        operator = "IN_LIST" if term.quantifier == "any" else "NOT_IN_LIST"
        return {"filterType": "IN_LIST", "operator": operator, "listId": str(term.segment)}
    return {"filterType": "PROPERTY", "property": term.property, "operation": _told_operation(obj, term)}


def _told_operation(obj: ObjectType, term: Condition) -> dict[str, Any]:
    written = _written(obj, term)
    values: list[Any] = written.get("values", [])
    empty = {"includeObjectsWithNoValueSet": term.include_empty}
    if term.operator in (_O.IS_TRUE, _O.IS_FALSE):
        told = {"operationType": "BOOL", "operator": "IS_EQUAL_TO", "value": term.operator is _O.IS_TRUE}
        return {**told, **empty}
    form = _FORMS.get((kind_of(obj.by_name[term.property]), term.operator))
    if form is None or (
        form.key in ("value", "day") and (len(values) != 1 or not _is_plain(form, values[0]))
    ):
        return {"operationType": _OWN, "operator": term.operator.value, "values": values, **empty}
    told = {"operationType": form.type, "operator": form.operator}
    match form.key:
        case "":
            return {**told, **empty}
        case "bounds":
            return {**told, "lowerBound": values[0], "upperBound": values[1], **empty}
        case "day":
            year, month, day = (int(part) for part in values[0].split("-"))
            return {**told, "year": year, "month": month, "day": day, **empty}
        case "values":
            return {**told, "values": values, **empty}
        case key:
            return {**told, key: values[0], **empty}


def _is_plain(form: _Form, value: str) -> bool:
    """Whether a value is what the operation takes: a day, and not an instant."""
    return form.key != "day" or len(value) == len("2026-03-01")


def _written(obj: ObjectType, term: Term) -> dict[str, Any]:
    """A term as our own JSON has it."""
    return to_json(obj, Filter(((term,),)))["groups"][0][0]
