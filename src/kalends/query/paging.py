"""Keyset paging: a page continues behind the last record of the one before, whatever was added meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from kalends.catalog.model import ObjectType, Property, Sort
from kalends.catalog.registry import get_property
from kalends.query.context import Binder

SORT = "@sort"
"""The column that a select adds for paging: what the record was sorted by."""


class Key(NamedTuple):
    """Where a page ended: the last record's sort value (``None`` where it has none) and its id."""

    value: str | int | Decimal | date | datetime | bool | None
    id: int


class WrongKey(ValueError):
    """A page mark that was not made for this list; begin again with the first page."""


def key_of(row: Mapping[str, Any]) -> Key:
    """The key of a row that a compiled select returned."""
    return Key(row[SORT], row["id"])


def _sort_type(prop: Property) -> str:
    """The SQL type of a property's sort key."""
    if prop.type == "enumeration" and prop.options and not prop.multiple:
        return "int"
    types = {
        "number": "numeric",
        "money": "numeric",
        "date": "date",
        "datetime": "timestamptz",
        "bool": "boolean",
    }
    return types.get(prop.type, "text")


def sort_sql(binder: Binder, obj: ObjectType, sort: Sort, alias: str) -> str:
    """What records are sorted by: options by their order, text without regard to case, no text like no value."""
    prop = get_property(obj, sort.property)
    read = binder.read(prop, alias)
    if prop.multiple:
        return f"array_to_string({read}, ';')"
    kind = _sort_type(prop)
    if kind == "int":
        return f"array_position({binder.bind([each.value for each in prop.options], 'text[]')}, {read})"
    return f"lower(NULLIF({read}, ''))" if kind == "text" else read


def _may_be_empty(prop: Property) -> bool:
    return not prop.required or prop.type == "enumeration"


def order_sql(obj: ObjectType, sort: Sort, key: str, alias: str, *, never_empty: bool = False) -> str:
    """The ORDER BY of a page; plain where no value can be missing, so that an index can serve.

    ``never_empty`` says that a filter lets none pass without a value.
    """
    prop = get_property(obj, sort.property)
    plain = not _may_be_empty(prop) or (never_empty and _is_kept_plainly(prop))
    direction = "DESC" if sort.descending else "ASC"
    return f"{key} {direction}{'' if plain else ' NULLS LAST'}, {alias}.id {direction}"


def _is_kept_plainly(prop: Property) -> bool:
    """Whether records are sorted by the value itself, as an index may hold it."""
    return prop.type in ("number", "money", "date", "datetime")


def is_ordered_in_parts(obj: ObjectType, sort: Sort, after: Key | None) -> bool:
    """Whether records without a value come in a part of their own (:func:`parts_sql`).

    In one piece no index could serve: it holds them at its end, and read backward gives them first; and a page that
    continues behind a value has to go on with those that have none.
    """
    prop = get_property(obj, sort.property)
    return _may_be_empty(prop) and _is_kept_plainly(prop) and (sort.descending or after is not None)


def parts_sql(
    binder: Binder,
    obj: ObjectType,
    sort: Sort,
    key: str,
    after: Key | None,
    alias: str,
    plain: str,
    most: str,
) -> str:
    """``plain`` in order: first the records with a value to sort by, then those without, up to ``most`` of each.

    The second part is only begun where the first did not fill the page. A WITH query is what keeps the parts in their
    order: the server reads one as rows are asked for, and never two at once.
    """
    direction = "DESC" if sort.descending else "ASC"
    beyond = "<" if sort.descending else ">"
    without = f"{plain} AND {key} IS NULL"
    if after is not None and after.value is None:
        behind = f"{alias}.id {beyond} {binder.bind(after.id, 'bigint')}"
        return f"{without} AND {behind} ORDER BY {alias}.id {direction}"
    known = f"{plain} AND {key} IS NOT NULL"
    if after is not None:
        value = binder.bind(after.value, _sort_type(get_property(obj, sort.property)))
        known = f"{known} AND ({key}, {alias}.id) {beyond} ({value}, {binder.bind(after.id, 'bigint')})"
    return (
        f"WITH known AS MATERIALIZED ({known} ORDER BY {key} {direction}, {alias}.id {direction} LIMIT {most}), "
        f"without AS MATERIALIZED ({without} ORDER BY {alias}.id {direction} LIMIT {most}) "
        "SELECT * FROM known UNION ALL SELECT * FROM without"
    )


def after_sql(
    binder: Binder,
    obj: ObjectType,
    sort: Sort,
    key: str,
    after: Key,
    alias: str,
    *,
    never_empty: bool = False,
) -> str:
    """The condition that a row comes behind ``after``; ``never_empty`` as of :func:`order_sql`."""
    prop = get_property(obj, sort.property)
    beyond = "<" if sort.descending else ">"
    number = binder.bind(after.id, "bigint")
    if after.value is None:
        return f"({key} IS NULL AND {alias}.id {beyond} {number})"
    behind = f"({key}, {alias}.id) {beyond} ({binder.bind(after.value, _sort_type(prop))}, {number})"
    known = not _may_be_empty(prop) or (never_empty and _is_kept_plainly(prop))
    return behind if known else f"({behind} OR {key} IS NULL)"


def encode_key(key: Key) -> str:
    """A key as a text for addresses.

    >>> encode_key(Key(Decimal("49.90"), 7))
    'WyI0OS45MCIsN10'
    """
    value = key.value
    if isinstance(value, bool):
        text: str | None = "true" if value else "false"
    elif value is None:
        text = None
    else:
        text = value.isoformat() if isinstance(value, date) else str(value)
    packed = json.dumps([text, key.id], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_key(obj: ObjectType, sort: Sort | None, text: str) -> Key:
    """The key that a text from an address means for a list in that order. Raises :class:`WrongKey`."""
    prop = get_property(obj, (sort or obj.default_sort).property)
    try:
        packed = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        value, number = json.loads(packed)
        if (
            type(number) is not int
            or not 0 <= number < 2**63
            or not (value is None or isinstance(value, str))
        ):
            raise ValueError(number)
        return Key(None if value is None else _read(_sort_type(prop), value), number)
    except (ValueError, TypeError, InvalidOperation, binascii.Error) as problem:
        raise WrongKey("The page mark is not one of this list; begin with the first page.") from problem


def _read(kind: str, value: str) -> str | int | Decimal | date | datetime | bool:
    match kind:
        case "int":
            number = int(value)
            if not 0 <= number <= 10_000:
                raise ValueError(value)
            return number
        case "numeric":
            decimal = Decimal(value)
            if not decimal.is_finite() or abs(decimal.adjusted()) > 60 or len(value) > 100:
                raise ValueError(value)
            return decimal
        case "date":
            return date.fromisoformat(value)
        case "timestamptz":
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError(value)
            return moment
        case "boolean":
            return {"true": True, "false": False}[value] if value in ("true", "false") else _refuse(value)
        case _:
            if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
                raise ValueError(value)
            return value


def _refuse(value: str) -> bool:
    raise ValueError(value)
