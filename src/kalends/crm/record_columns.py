"""Where values of records go: the columns of a table as the database has them, and records as arrays of columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, LiteralString, NamedTuple, cast

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import array
from kalends.catalog.model import ObjectType, Property
from kalends.core.digits import whole_number
from kalends.core.money import UnknownCurrency, to_minor
from kalends.crm.record_values import INVALID_NUMBER, REQUIRED, Written

_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull, a.atttypmod,
        CASE WHEN a.attidentity = '' THEN pg_get_expr(d.adbin, d.adrelid) END
    FROM pg_attribute AS a
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""


class Column(NamedTuple):
    """A column of a table; ``default`` is the expression that the server writes where nothing is given."""

    name: str
    type: str
    required: bool
    decimals: int | None
    whole_digits: int | None
    default: str | None

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return self.type.endswith("[]")


def _column(name: str, kind: str, required: bool, modifier: int, default: str | None) -> Column:
    precision = (modifier - 4) >> 16 if kind == "numeric" and modifier >= 4 else None
    decimals = (modifier - 4) & 0x7FF if precision is not None else None
    whole = precision - decimals if precision is not None and decimals is not None else None
    return Column(name, kind, required, decimals, whole, default)


_known: dict[str, Mapping[str, Column]] = {}


def columns_of(db: Connection[Any], table: str) -> Mapping[str, Column]:
    """The columns of a table by name; asked for once, since tables change only when Kalends is updated."""
    found = _known.get(table)
    if found is None:
        rows = db.execute(_COLUMNS, [table]).fetchall()
        found = _known[table] = {row[0]: _column(*row) for row in rows}
    return found


def place_values(
    ctx: AccountContext,
    obj: ObjectType,
    table: Mapping[str, Column],
    written: Written,
    row: Mapping[str, Any] | None,
    handled: frozenset[str],
) -> tuple[dict[str, Any], dict[str, str | bool | None]]:
    """The columns and the own properties that a record's values go to; what does not fit is refused.

    ``row`` is the record as it stands, None for a new one.
    """
    columns: dict[str, Any] = {}
    custom: dict[str, str | bool | None] = {}
    _add_options(obj, written, row)
    for name, value in written.values.items():
        prop = obj.by_name[name]
        if prop.custom:
            custom[name] = own_text(value)
        elif prop.column is not None and name not in handled:
            column = table[prop.column]
            if value is None and column.required:
                if row is None and column.default is not None:
                    continue
                written.wrong(name, "", REQUIRED, f'"{name}" cannot be empty.')
                continue
            columns[column.name] = _fitting(ctx, obj, prop, column, value, written, row)
    return columns, custom


def _add_options(obj: ObjectType, written: Written, row: Mapping[str, Any] | None) -> None:
    """A list that was asked to be longer: what is there, and then what was added, each once."""
    for name, added in written.added.items():
        prop = obj.by_name[name]
        present: Any = None
        if row is not None:
            present = row["custom"].get(name) if prop.custom else row.get(prop.column or "")
        there = present.split(";") if isinstance(present, str) else list(present or ())
        written.values[name] = tuple(dict.fromkeys([*there, *added]))
    written.added.clear()


def own_text(value: Any) -> str | bool | None:
    """A value as the ``custom`` object holds it: exact, as text."""
    match value:
        case None | bool() | str():
            return value
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case tuple():
            return ";".join(cast("tuple[str, ...]", value)) or None
        case _:
            return str(value)


def _fitting(
    ctx: AccountContext,
    obj: ObjectType,
    prop: Property,
    column: Column,
    value: Any,
    written: Written,
    row: Mapping[str, Any] | None,
) -> Any:
    if not isinstance(value, Decimal):
        return value if value is None or prop.options_from != "owners" else _owner(value)
    if prop.minor:
        return _minor(ctx, obj, prop, value, written, row)
    if column.type in _LARGEST:
        if value != value.to_integral_value() or abs(value) > _LARGEST[column.type]:
            most = _LARGEST[column.type]
            written.wrong(
                prop.name, value, INVALID_NUMBER, f'"{prop.name}" takes whole numbers up to {most}.'
            )
            return None
        return int(value)
    decimals = max(0, -int(value.normalize().as_tuple().exponent)) if value else 0
    if column.decimals is not None and decimals > column.decimals:
        written.wrong(
            prop.name, value, INVALID_NUMBER, f'"{prop.name}" takes at most {column.decimals} decimals.'
        )
    elif column.whole_digits is not None and value and value.adjusted() >= column.whole_digits:
        written.wrong(
            prop.name, value, INVALID_NUMBER, f'"{prop.name}" takes at most {column.whole_digits} digits.'
        )
    return value


def _owner(value: Any) -> int | None:
    """The number of an owner; what is no number is told as no owner of the account, with those that are none."""
    return whole_number(str(value))


def _minor(
    ctx: AccountContext,
    obj: ObjectType,
    prop: Property,
    value: Decimal,
    written: Written,
    row: Mapping[str, Any] | None,
) -> int | None:
    """An amount in the minor unit of the record's currency, exactly."""
    currency = next(
        (
            written.values[each.name]
            for each in obj.properties
            if each.column == "currency" and written.values.get(each.name)
        ),
        None,
    )
    code = currency or (row or {}).get("currency") or ctx.currency
    try:
        minor = to_minor(value, code)
    except UnknownCurrency:
        return None
    except ValueError as problem:
        written.wrong(prop.name, value, INVALID_NUMBER, f'"{prop.name}": {problem}')
        return None
    if abs(minor) > _LARGEST["bigint"]:
        written.wrong(prop.name, value, INVALID_NUMBER, f'"{prop.name}" is too large to keep.')
        return None
    return minor


def listed(parts: Sequence[sql.Composable]) -> sql.Composed:
    """SQL parts, each with a comma in front."""
    return sql.Composed([sql.SQL(", ") + part for part in parts])


def rows_as_arrays(columns: Sequence[Column], names: str = "f") -> sql.Composed:
    """``unnest`` of one array a column, under the columns' names; lists travel as text, for a cast where they land."""
    parameters = [
        sql.SQL("{}::{}").format(
            sql.Placeholder(f"v_{column.name}"),
            sql.SQL("text[]" if column.is_list else cast("LiteralString", f"{column.type}[]")),
        )
        for column in columns
    ]
    return sql.SQL("unnest(%(ids)s::bigint[]{}) AS {} (id{})").format(
        listed(parameters), sql.Identifier(names), listed([sql.Identifier(column.name) for column in columns])
    )


def landed(column: Column, names: str = "f") -> sql.Composed:
    """The value of a column of :func:`rows_as_arrays` in its own type."""
    read = sql.SQL("{}.{}").format(sql.Identifier(names), sql.Identifier(column.name))
    return (
        sql.SQL("{}::{}").format(read, sql.SQL(cast("LiteralString", column.type)))
        if column.is_list
        else read
    )


def column_arrays(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The parameters of :func:`rows_as_arrays`; what a row does not have is NULL."""
    return {f"v_{column.name}": array(_elements(column, rows)) for column in columns}


def _elements(column: Column, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    values = [row.get(column.name) for row in rows]
    return [_element(column, each) for each in values] if column.is_list or column.type == "jsonb" else values


def _element(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.is_list:
        return array([str(each) for each in value])
    if column.type == "jsonb":
        return json.dumps(value, ensure_ascii=False)
    return value
