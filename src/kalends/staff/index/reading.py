"""Parts of an address that are words of the catalogue: filters, columns, order. What is wrong is named and left out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, cast

from kalends.catalog import ObjectType
from kalends.query import FilterError, Limits, parse
from kalends.query.tied_names import tied_object
from kalends.staff.objects import ObjectPage
from kalends.views.content import COLUMNS_MAX, ColumnChoice, fitting_width

LIMITS = Limits()
"""How large the advanced filters of a page may be: 10 groups, 60 conditions."""


class Ignored(list[str]):
    """What was left out, in the order in which it was found."""

    def say(self, text: object) -> None:
        """Name something, in at most 80 characters."""
        shown = str(text)
        self.append(shown if len(shown) <= 80 else f"{shown[:77]}...")


def read_groups(obj: ObjectType, given: object, ignored: Ignored) -> tuple[Any, ...]:
    """The groups of a filter whose conditions hold for the object; the other conditions are left out."""
    if isinstance(given, str):
        try:
            given = json.loads(given, parse_float=Decimal)
        except (ValueError, ArithmeticError, RecursionError):
            ignored.say(given)
            return ()
    if not isinstance(given, list):
        ignored.say(given)
        return ()
    groups: list[list[Any]] = []
    count = 0
    for group in cast("list[Any]", given)[: LIMITS.groups]:
        kept: list[Any] = []
        for term in cast("list[Any]", group) if isinstance(group, list) else [group]:
            number = _count(obj, term, ignored)
            if number and count + number <= LIMITS.conditions:
                kept.append(term)
                count += number
        if kept:
            groups.append(kept)
    if len(cast("list[Any]", given)) > LIMITS.groups:
        ignored.say(f"{len(cast('list[Any]', given)) - LIMITS.groups} more groups")
    return tuple(groups)


def _count(obj: ObjectType, term: object, ignored: Ignored) -> int:
    """How many conditions a term has; none when it cannot be understood."""
    try:
        return parse(obj, {"groups": [[term]]}).count
    except FilterError as problem:
        ignored.say(problem.problems[0].value)
        return 0


def read_columns(page: ObjectPage, obj: ObjectType, text: str, ignored: Ignored) -> tuple[ColumnChoice, ...]:
    """Columns from their words: ``hs_status,hs_mrr:140``; the name's own column is always there and needs no word.

    Tied records have columns as well: ``associated.contact``.
    """
    chosen: dict[str, ColumnChoice] = {}
    for word in filter(None, text.split(",")):
        name, _, width = word.partition(":")
        known = name in obj.by_name or tied_object(name) in page.tied_columns
        if not known or (width and not _is_width(width)) or len(chosen) == COLUMNS_MAX:
            ignored.say(word)
        elif name != page.title:
            chosen.setdefault(name, ColumnChoice(name, fitting_width(int(width or 0))))
    return tuple(chosen.values())


def _is_width(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 4


def read_sort(obj: ObjectType, word: str, ignored: Ignored) -> str:
    """An order: a property's name, with ``-`` in front for descending; empty for the object's own."""
    name = word.removeprefix("-")
    if name and name not in obj.by_name:
        ignored.say(word)
        return ""
    own = obj.default_sort
    said = word if name else ""
    return "" if said == ("-" if own.descending else "") + own.property else said
