"""Filters as JSON: in addresses, saved views and on the command line; and every mistake in one, told at once.

.. code-block:: json

    {"groups": [[{"property": "hs_status", "operator": "is_any_of", "values": ["unpaid", "past_due"]},
                 {"property": "hs_mrr", "operator": "greater", "values": ["100"], "include_empty": true},
                 {"associated": "contact", "quantifier": "none",
                  "conditions": [{"property": "email", "operator": "ends_with_any_of", "values": ["@example.com"]}]},
                 {"segment": "4711", "quantifier": "any"}]]}

Values are text as HubSpot's API writes them; numbers and booleans may be JSON's own. A single value may stand
without its list, as ``"value"``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from kalends.catalog.model import ObjectType, Property
from kalends.catalog.registry import UnknownName, get_property, suggestion, tied_object
from kalends.catalog.render import to_api
from kalends.catalog.values import (
    Value,
    WrongValue,
    read_date,
    read_instant,
    read_number,
    read_option,
    read_text,
)
from kalends.core.digits import whole_number
from kalends.query.language import (
    Associated,
    Condition,
    Filter,
    Group,
    Limits,
    Member,
    Operator,
    Period,
    Quantifier,
    Term,
    kind_of,
)
from kalends.query.operators import RULES, expectation, operators_of

_MOST_DAYS = 36_500
_CONDITION_KEYS = {"property", "operator", "values", "value", "include_empty"}
_ASSOCIATED_KEYS = {"associated", "quantifier", "conditions"}
_MEMBER_KEYS = {"segment", "quantifier"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is (such as ``group 1, condition 2``), what was found there, and what would be right."""

    place: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.value}: {self.remedy}"


class FilterError(ValueError):
    """A filter that cannot be understood; ``problems`` lists every mistake in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def parse(obj: ObjectType, data: object, limits: Limits | None = None) -> Filter:
    """The filter that JSON (its text, or what was read from it) means for an object.

    Raises :class:`FilterError` with all mistakes.

    >>> from kalends.catalog import get_object
    >>> parse(get_object("subscription"), {"groups": [[{"property": "hs_status", "operator": "is_any_of",
    ...     "values": ["unpayed"]}], [{"property": "hs_mmr", "operator": "known"}]]})
    Traceback (most recent call last):
    ...
    kalends.query.parse.FilterError: group 1, condition 1: unpayed: Did you mean 'unpaid'?
    group 2, condition 1: hs_mmr: The subscription has no property 'hs_mmr'. Did you mean 'hs_mrr'?
    """
    reader = _Reader(limits or Limits())
    result = reader.filter(obj, data)
    if reader.problems:
        raise FilterError(tuple(reader.problems))
    return result


class _Reader:
    """Reads on after a mistake, so that all of them can be told at once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.problems: list[Problem] = []

    def wrong(self, place: str, value: object, remedy: str) -> None:
        shown = str(value)
        self.problems.append(Problem(place, shown if len(shown) <= 80 else f"{shown[:77]}...", remedy))

    def filter(self, obj: ObjectType, data: object) -> Filter:
        if isinstance(data, str):
            try:
                data = json.loads(data, parse_float=Decimal)
            except (ValueError, ArithmeticError, RecursionError):
                self.wrong("filter", data, 'Give JSON such as {"groups": [[{"property": ...}]]}.')
                return Filter()
        if not isinstance(data, Mapping):
            self.wrong("filter", data, 'Give an object with the key "groups".')
            return Filter()
        body = cast("Mapping[str, Any]", data)
        self._check_keys("filter", body, {"groups"})
        groups = self._list("filter", body.get("groups", []), "groups")
        if len(groups) > self.limits.groups:
            self.wrong("filter", f"{len(groups)} groups", f"Use at most {self.limits.groups} groups.")
        result = Filter(tuple(self._group(obj, f"group {n}", each) for n, each in enumerate(groups, 1)))
        if result.count > self.limits.conditions:
            self.wrong(
                "filter", f"{result.count} conditions", f"Use at most {self.limits.conditions} conditions."
            )
        return result

    def _list(self, place: str, value: object, what: str) -> list[Any]:
        if not isinstance(value, list):
            self.wrong(place, value, f"Give a list of {what}.")
            return []
        return cast("list[Any]", value)

    def _check_keys(self, place: str, data: Mapping[str, Any], known: set[str]) -> None:
        for key in data:
            if key not in known:
                self.wrong(place, key, suggestion(str(key), known))

    def _group(self, obj: ObjectType, place: str, data: object) -> Group:
        terms = self._list(place, data, "conditions")
        most = self.limits.conditions_per_group
        if most is not None and len(terms) > most:
            self.wrong(place, f"{len(terms)} conditions", f"Use at most {most} conditions in a group.")
        if isinstance(data, list) and not terms:
            self.wrong(place, "no conditions", "Give at least one condition, or leave the group out.")
        read = [self._term(obj, f"{place}, condition {n}", each) for n, each in enumerate(terms, 1)]
        return tuple(term for term in read if term is not None)

    def _term(self, obj: ObjectType, place: str, data: object) -> Term | None:
        if not isinstance(data, Mapping):
            self.wrong(place, data, 'Give an object with the keys "property" and "operator".')
            return None
        body = cast("Mapping[str, Any]", data)
        if "segment" in body:
            return self._member(place, body)
        return (
            self._associated(obj, place, body) if "associated" in body else self._condition(obj, place, body)
        )

    def _member(self, place: str, body: Mapping[str, Any]) -> Member | None:
        """A number like a record's; whether there is such a segment is for those to say who keep segments."""
        self._check_keys(place, body, _MEMBER_KEYS)
        segment = body["segment"]
        number = None if isinstance(segment, bool) else whole_number(str(segment))
        if not number:
            self.wrong(place, segment, "Give the number of a segment.")
            return None
        return Member(number, self._quantifier(place, body))

    def _quantifier(self, place: str, body: Mapping[str, Any]) -> Quantifier:
        given = body.get("quantifier", "any")
        if given not in ("any", "none"):
            self.wrong(place, given, "Give any or none.")
        return "none" if given == "none" else "any"

    def _associated(self, obj: ObjectType, place: str, body: Mapping[str, Any]) -> Associated | None:
        self._check_keys(place, body, _ASSOCIATED_KEYS)
        name, quantifier = body["associated"], self._quantifier(place, body)
        try:
            target = tied_object(obj, str(name))
        except UnknownName:
            target = None
        if target is None or obj.association(target.name) is None:
            known = [each.to for each in obj.associations]
            self.wrong(place, name, f"A {obj.singular_label.en.lower()} can have: {', '.join(known)}.")
            return None
        rows = self._list(place, body.get("conditions", []), "conditions")
        conditions: list[Condition | Member] = []
        for number, each in enumerate(rows, 1):
            inner = f"{place}, {target.singular_label.en.lower()} condition {number}"
            term = self._term(target, inner, each)
            if isinstance(term, Associated):
                self.wrong(inner, term.object, "Conditions on associated records cannot be nested.")
            elif term is not None:
                conditions.append(term)
        return Associated(target.name, tuple(conditions), quantifier)

    def _condition(self, obj: ObjectType, place: str, body: Mapping[str, Any]) -> Condition | None:
        self._check_keys(place, body, _CONDITION_KEYS)
        prop = self._property(obj, place, body.get("property"))
        if prop is None:
            return None
        operator = self._operator(place, prop, body.get("operator"))
        include_empty = body.get("include_empty", False)
        if not isinstance(include_empty, bool):
            self.wrong(place, include_empty, "Give true or false for include_empty.")
            include_empty = False
        if operator is None:
            return None
        values = self._values(obj, place, prop, operator, body)
        return None if values is None else Condition(prop.name, operator, values, include_empty)

    def _property(self, obj: ObjectType, place: str, name: object) -> Property | None:
        try:
            return get_property(obj, str(name))
        except UnknownName as problem:
            self.wrong(place, name, str(problem))
            return None

    def _operator(self, place: str, prop: Property, name: object) -> Operator | None:
        allowed = operators_of(prop)
        operator = next((each for each in allowed if each.value == name), None)
        if operator is None:
            known = ", ".join(each.value for each in allowed)
            self.wrong(place, name, f"{prop.name} is of the type {prop.type} and has the operators {known}.")
        return operator

    def _values(
        self, obj: ObjectType, place: str, prop: Property, operator: Operator, body: Mapping[str, Any]
    ) -> tuple[Value, ...] | None:
        raw = body.get("values", [body["value"]] if "value" in body else [])
        if not isinstance(raw, list):
            self.wrong(place, raw, "Give a list of values.")
            return None
        given = cast("list[Any]", raw)
        operand = RULES[operator].operand
        counts = {"none": (0, 0), "two": (2, 2), "values": (1, self.limits.values), "periods": (1, 15)}
        least, most = counts.get(operand, (1, 1))
        if not least <= len(given) <= most:
            shown = ", ".join(map(str, given)) or "no value"
            too_many = f" At most {most} values." if operand == "values" and given else ""
            self.wrong(place, shown, f"{expectation(operator)}{too_many}")
            return None
        values: list[Value] = []
        for each in given:
            try:
                values.append(read_operand(obj, prop, operator, each))
            except WrongValue as problem:
                self.wrong(place, problem.value, problem.remedy)
        if len(values) < len(given):
            return None
        if operand == "two" and _is_later(values[0], values[1]):
            self.wrong(place, f"{given[0]}, {given[1]}", "Give the lower value first.")
            return None
        return tuple(values)


def _is_later(first: Value, second: Value) -> bool:
    if isinstance(first, Decimal) and isinstance(second, Decimal):
        return first > second
    if isinstance(first, datetime) and isinstance(second, datetime):
        return first > second
    plain = not isinstance(first, datetime) and not isinstance(second, datetime)
    return plain and isinstance(first, date) and isinstance(second, date) and first > second


def read_operand(obj: ObjectType, prop: Property, operator: Operator, raw: object) -> Value:
    """One value of a condition. Raises :class:`~kalends.catalog.WrongValue`."""
    match RULES[operator].operand:
        case "days":
            number = read_number(raw)
            if number != number.to_integral_value() or not 0 <= number <= _MOST_DAYS:
                raise WrongValue(raw, expectation(operator))
            return number
        case "periods":
            if raw not in [each.value for each in Period]:
                raise WrongValue(raw, suggestion(str(raw), [each.value for each in Period]))
            return Period(str(raw))
        case "property":
            return _read_other(obj, prop, raw)
        case _:
            return _read_value(prop, raw)


def _read_other(obj: ObjectType, prop: Property, raw: object) -> str:
    times = [each.name for each in obj.properties if each.is_time and each.name != prop.name]
    if raw not in times:
        raise WrongValue(raw, f"Give another date property. {suggestion(str(raw), times)}")
    return str(raw)


def _read_value(prop: Property, raw: object) -> Value:
    match kind_of(prop):
        case "number":
            return read_number(raw)
        case "time":
            return _read_time(prop, raw)
        case "choice" | "choices":
            return read_option(prop, raw)
        case _:
            text = read_text(raw)
            if not text.strip():
                raise WrongValue(
                    raw, "Give a text; ask for records without a value with the operator unknown."
                )
            return text


def _read_time(prop: Property, raw: object) -> Value:
    """A day, or for instants also a moment; a date takes the day that a moment has in UTC."""
    text = str(raw).strip()
    if prop.type == "date":
        is_moment = "T" in text
        return read_instant(raw).astimezone(UTC).date() if is_moment else read_date(raw)
    is_day = len(text) == len("2026-03-01") and not text.isdigit()
    return read_date(raw) if is_day else read_instant(raw)


def to_json(obj: ObjectType, filter: Filter) -> dict[str, Any]:  # noqa: A002 - the domain's word
    """The JSON form of a filter; :func:`parse` gives the same filter back."""
    return {"groups": [[_term_to_json(obj, term) for term in group] for group in filter.groups]}


def _term_to_json(obj: ObjectType, term: Term) -> dict[str, Any]:
    if isinstance(term, Member):
        return {"segment": str(term.segment), "quantifier": term.quantifier}
    if isinstance(term, Associated):
        target = tied_object(obj, term.object)
        conditions = [_term_to_json(target, each) for each in term.conditions]
        return {"associated": term.object, "quantifier": term.quantifier, "conditions": conditions}
    result: dict[str, Any] = {"property": term.property, "operator": term.operator.value}
    if term.values:
        prop = get_property(obj, term.property)
        result["values"] = [_value_to_json(prop, value) for value in term.values]
    if term.include_empty:
        result["include_empty"] = True
    return result


def _value_to_json(prop: Property, value: Value) -> str | None:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else to_api(prop, value)
