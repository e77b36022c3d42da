"""Advanced filters as rows of a form: from the language's JSON to rows, from a sent form to rows, and back.

A row is a condition. One on a property of an associated object names it as ``company.country``; ``company.`` alone
asks whether there is such a record. Neighbors that are about the same associated record say so, and become one term of
the language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from django.http import QueryDict

from kalends.catalog import ObjectType, Property
from kalends.catalog.registry import tied_object
from kalends.core.digits import whole_number
from kalends.query import RULES, FilterError, Operator, operators_of, parse
from kalends.query.language import kind_of
from kalends.staff.forms import read_number

_FIELD = re.compile(r"p(\d{1,3})")
_ROWS_MAX = 80

SEGMENT = "@segment"
"""Stands for a property where a row asks whether a record is a member of a segment."""


@dataclass(frozen=True, slots=True)
class Row:
    """A condition as a form shows it; its values are what somebody typed or chose.

    ``path`` names the property, with the associated object before it if it is about one.
    """

    path: str
    operator: str = ""
    values: tuple[str, ...] = ()
    include_empty: bool = False
    quantifier: str = "any"
    same: bool = False
    """Whether it is about the same associated record as the row before."""

    @property
    def object(self) -> str:
        """The associated object, if it is about one."""
        return self.path.partition(".")[0] if "." in self.path else ""

    @property
    def name(self) -> str:
        """The property's own name; empty when it asks whether there is a record."""
        return self.path.rpartition(".")[2]

    @property
    def asks_for_segment(self) -> bool:
        """Whether it asks about being a member: its operator is *any* or *none*, its value the segment's number."""
        return self.name == SEGMENT


Groups = list[list[Row]]


def rows_of(groups: Sequence[Sequence[Mapping[str, Any]]]) -> Groups:
    """The rows of a filter."""
    return [[row for term in group for row in _rows_of_term(term)] for group in groups]


def _rows_of_term(term: Mapping[str, Any]) -> list[Row]:
    if "associated" not in term:
        return [_row(term)]
    target, quantifier = str(term["associated"]), str(term.get("quantifier", "any"))
    inner = [_row(each, f"{target}.") for each in term.get("conditions", ())]
    inner = inner or [Row(f"{target}.")]
    return [replace(row, quantifier=quantifier, same=number > 0) for number, row in enumerate(inner)]


def _row(term: Mapping[str, Any], whose: str = "") -> Row:
    if "segment" in term:
        return Row(whose + SEGMENT, str(term.get("quantifier", "any")), (str(term["segment"]),))
    name = f"{whose}{term['property']}"
    values = term.get("values", [term["value"]] if "value" in term else [])
    return Row(
        name, str(term["operator"]), tuple(str(each) for each in values), bool(term.get("include_empty"))
    )


def read_rows(query: QueryDict) -> Groups:
    """The rows of a form that was sent."""
    groups: dict[int, list[Row]] = {}
    for field in query:
        found = _FIELD.fullmatch(field)
        if found and sum(map(len, groups.values())) < _ROWS_MAX:
            number = found[1]
            group = query.get(f"g{number}", "0")
            groups.setdefault(whole_number(group) or 0, []).append(
                Row(
                    query.get(field, ""),
                    query.get(f"o{number}", ""),
                    tuple(_typed(query.getlist(f"v{number}"))),
                    query.get(f"e{number}") == "1",
                    "none" if query.get(f"q{number}") == "none" else "any",
                    query.get(f"s{number}") == "1",
                )
            )
    return [groups[number] for number in sorted(groups)]


def _typed(given: list[str]) -> list[str]:
    """What was typed, one value a line; what was chosen is a line of its own."""
    return [line.strip() for text in given for line in text.splitlines() if line.strip()]


def property_of(obj: ObjectType, row: Row) -> Property | None:
    """The property that a row is about, if there is such a one."""
    return about(obj, row).by_name.get(row.name) if about(obj, row) else None


def about(obj: ObjectType, row: Row) -> Any:
    """The object whose property a row names; ``None`` for an object that is not tied to this one."""
    if not row.object:
        return obj
    return tied_object(obj, row.object) if obj.association(row.object) else None


def normal(obj: ObjectType, row: Row) -> Row | None:
    """A row with an operator that its property has; ``None`` for a property that there is not."""
    if row.object and not row.name:
        return replace(row, operator="", values=()) if about(obj, row) else None
    if row.asks_for_segment:
        operator = row.operator if row.operator in ("any", "none") else "any"
        return replace(row, operator=operator, include_empty=False) if about(obj, row) else None
    prop = property_of(obj, row)
    if prop is None:
        return None
    allowed = operators_of(prop)
    if row.operator in allowed:
        return row
    return replace(row, operator=allowed[0].value, values=())


def groups_of(obj: ObjectType, rows: Groups) -> tuple[tuple[Any, ...], dict[tuple[int, int], str]]:
    """The groups of the filter that the rows mean, and what is wrong, by group and row.

    A row to which a value is still to come is left out, and so is one whose value does not fit, which is told.
    """
    groups: list[list[Any]] = []
    wrong: dict[tuple[int, int], str] = {}
    for group_number, group in enumerate(rows):
        terms: list[Any] = []
        for number, row in enumerate(group):
            told = _term(obj, row)
            if told is None:
                continue
            try:
                parse(obj, {"groups": [[told]]})
            except FilterError as problem:
                wrong[group_number, number] = problem.problems[0].value
                continue
            _add(terms, told, row)
        if terms:
            groups.append(terms)
    return tuple(groups), wrong


def _add(terms: list[Any], told: dict[str, Any], row: Row) -> None:
    last = cast("dict[str, Any]", terms[-1]) if terms else {}
    joins = row.same and row.object and last.get("associated") == row.object
    if joins and told["conditions"]:
        last["conditions"].extend(told["conditions"])
    else:
        terms.append(told)


def _term(obj: ObjectType, row: Row) -> dict[str, Any] | None:
    """A row in the JSON of filters; ``None`` while it is not complete."""
    if row.object and not row.name:
        return {"associated": row.object, "quantifier": row.quantifier, "conditions": []}
    condition = _asked(obj, row)
    if condition is None or not row.object:
        return condition
    return {"associated": row.object, "quantifier": row.quantifier, "conditions": [condition]}


def _asked(obj: ObjectType, row: Row) -> dict[str, Any] | None:
    """What a row asks of the record that it is about."""
    if row.asks_for_segment:
        return {"segment": row.values[0], "quantifier": row.operator} if row.values else None
    prop = property_of(obj, row)
    if prop is None or row.operator not in operators_of(prop):
        return None
    condition: dict[str, Any] = {"property": row.name, "operator": row.operator}
    operand = RULES[Operator(row.operator)].operand
    if operand != "none":
        if not row.values or (operand == "two" and len(row.values) < 2):
            return None
        condition["values"] = [_plain(prop, operand, each) for each in row.values]
    if row.include_empty:
        condition["include_empty"] = True
    return condition


def _plain(prop: Property, operand: str, value: str) -> str:
    """A value as the language writes it: numbers may be typed in the reader's way."""
    if kind_of(prop) != "number" and operand != "days":
        return value
    number = read_number(value)
    return value if number is None else f"{number:f}"


def changed(rows: Groups, do: str) -> tuple[Groups, int | None]:
    """The rows after a button of the form, and the group for which a property is to be picked, if any.

    Buttons say ``pick:1``, ``add:1:hs_status``, ``remove:1:0``, ``clone:1`` (a group), ``drop:1`` (a group).
    """
    verb, _, rest = do.partition(":")
    first, _, second = rest.partition(":")
    group = int(first) if first.isascii() and first.isdigit() and len(first) < 4 else -1
    result = [list(each) for each in rows]
    if verb == "pick":
        return result, max(0, min(group, len(result)))
    if verb == "add" and second and group >= 0:
        if group >= len(result):
            result.append([Row(second)])
        else:
            result[group].append(Row(second))
    elif 0 <= group < len(result):
        place = whole_number(second)
        if verb == "remove" and place is not None and place < len(result[group]):
            del result[group][place]
        elif verb == "clone":
            result.insert(group + 1, list(result[group]))
        elif verb == "drop":
            del result[group]
    return [each for each in result if each], None
