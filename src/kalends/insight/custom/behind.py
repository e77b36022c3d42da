"""Which records of the primary object stand behind a group: the report's filter, and the group's values."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from kalends.insight.custom.definition import CustomReport, Dimension
from kalends.insight.custom.result import Value
from kalends.insight.every import following
from kalends.query import Associated, Condition, Filter, Operator
from kalends.query.language import Term

_DAY = timedelta(days=1)


def filter_behind(report: CustomReport, keys: tuple[Value, ...], currency: str = "") -> Filter:
    """The filter whose records make a group, or of it those in a currency.

    Both dimensions on one joined object are about the same record of it.
    """
    asked: dict[str, list[tuple[Dimension, Value]]] = {}
    for dimension, value in zip(report.dimensions, keys, strict=False):
        asked.setdefault(dimension.object, []).append((dimension, value))
    ways: list[list[tuple[Term, ...]]] = []
    for name, pairs in asked.items():
        own = tuple(_condition(report, dimension, value) for dimension, value in pairs)
        if name == report.object:
            ways.append([own])
            continue
        ways.append([(Associated(name, own),)])
        if all(value is None for _, value in pairs):
            # Nothing is tied to it, which has no value either.
            ways[-1].append((Associated(name, (), "none"),))
    if currency and (code := _currency_of(report)):
        ways.append([(Condition(code, Operator.IS_ANY_OF, (currency,)),)])
    groups = report.filter.groups or ((),)
    return Filter(
        tuple(
            (*group, *(term for part in way for term in part)) for group in groups for way in product(*ways)
        )
    )


def _currency_of(report: CustomReport) -> str:
    """The property with the currency of a record, if it has one."""
    named = (
        each.name
        for each in report.primary.properties
        if each.options_from == "currencies" and each.column == "currency"
    )
    return next(named, "")


def _condition(report: CustomReport, dimension: Dimension, value: Value) -> Condition:
    name, prop = dimension.property, report.property_of(dimension)
    if value is None:
        return Condition(name, Operator.UNKNOWN)
    if isinstance(value, date) and dimension.every is not None:
        return Condition(name, Operator.BETWEEN, (value, following(value, dimension.every) - _DAY))
    if isinstance(value, bool):
        return Condition(name, Operator.IS_TRUE if value else Operator.IS_FALSE)
    if prop.multiple:
        return Condition(name, Operator.CONTAINS_ANY_OF, (str(value),))
    return Condition(name, Operator.IS_ANY_OF, (Decimal(value) if isinstance(value, int) else value,))
