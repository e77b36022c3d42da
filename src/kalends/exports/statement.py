"""The one statement that reads an export: the records that pass, in order, with every column as the file holds it.

The inner part reads the properties once, by the catalogue's own SQL; the outer part turns them into what a cell holds.
The filter, the order and what the asker may see are the compiler's, as on the list that the export was asked from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_object
from kalends.exports.columns import Column, Several
from kalends.exports.request import TIED_MAX, Request
from kalends.exports.values import RECORD_ID, Words, defused, flag_sql, instant_sql, number_sql, text_sql
from kalends.query import Context, Sql, compile_count, compile_filter
from kalends.query.context import Binder
from kalends.query.paging import order_sql, sort_sql
from kalends.query.tied_names import tied_rows

MAIN = "t"


class _Tie(NamedTuple):
    """An associated object beside each record: the alias of what it gives, and the SQL of that."""

    alias: str
    sql: str


def compile_export(
    asked: Request,
    obj: ObjectType,
    columns: Sequence[Column],
    ctx: Context,
    people: Mapping[str, Words],
    *,
    typed: bool,
) -> Sql:
    """The statement of an export.

    With ``typed``, numbers, dates and flags come as such, and behind each amount its currency (``""`` names its result
    column); else every column comes as the text of CSV, with formulas defused.
    """
    passing = compile_filter(obj, asked.filter(obj), ctx, search=asked.words)
    binder = Binder(ctx)
    binder.params = dict(passing.params)
    inner: list[str] = []
    outer: list[str] = []
    names: list[str] = []
    ties = _ties(binder, asked, obj, columns, typed=typed)
    for column in columns:
        read = f"r.c{len(inner)}"
        inner.append(_read(binder, obj, column, ties))
        outer.append(_cell(binder, asked, column, read, people, typed=typed))
        names.append(column.name)
        if typed and column.property is not None and column.property.currency is not None:
            outer.append(f"r.c{len(inner)}")
            inner.append(binder.fill(column.property.currency, MAIN))
            names.append("")
    sort = asked.order(obj)
    key = sort_sql(binder, obj, sort, MAIN)
    selected = ", ".join(f"{read} AS c{number}" for number, read in enumerate(inner))
    beside = "".join(f" LEFT JOIN LATERAL ({tie.sql}) AS {tie.alias} ON TRUE" for tie in ties.values())
    text = (
        f"SELECT {', '.join(outer)} FROM (SELECT {selected} FROM {obj.table} {MAIN}{beside} "
        f"WHERE {passing.text} ORDER BY {order_sql(obj, sort, key, MAIN)}) AS r"
    )
    return Sql(text, binder.params, tuple(names))


def compile_total(asked: Request, obj: ObjectType, ctx: Context) -> Sql:
    """How many records an export has."""
    return compile_count(obj, asked.filter(obj), ctx, search=asked.words)


def _read(binder: Binder, obj: ObjectType, column: Column, ties: Mapping[str, _Tie]) -> str:
    if column.tied:
        part = column.several.option if column.several else column.part
        return f"{ties[column.tied].alias}.{part}"
    if column.several:
        return _all_values(binder, obj, column.several, MAIN)
    assert column.property is not None
    return binder.read(column.property, MAIN)


def _all_values(binder: Binder, obj: ObjectType, several: Several, alias: str) -> str:
    parts = [
        f"NULLIF({binder.read(obj.by_name[name], alias)}, '')" for name in (several.first, several.further)
    ]
    return f"NULLIF(concat_ws(';', {', '.join(parts)}), '')"


def _cell(
    binder: Binder, asked: Request, column: Column, read: str, people: Mapping[str, Words], *, typed: bool
) -> str:
    match column.kind:
        case "number" | "money":
            assert column.property is not None
            return read if column.name == RECORD_ID else number_sql(column.property, read)
        case "instant":
            return instant_sql(read)
        case "flag":
            return read if typed else flag_sql(read)
        case "date":
            return read
        case "text":
            if column.tied:
                return read
            if column.property is None:
                return read if typed else defused(read)
            internal = asked.internal_values
            return text_sql(binder, column.property, read, people, internal=internal, typed=typed)


def _ties(
    binder: Binder, asked: Request, obj: ObjectType, columns: Sequence[Column], *, typed: bool
) -> dict[str, _Tie]:
    found: dict[str, _Tie] = {}
    for column in columns:
        if column.tied and column.tied not in found:
            several = [each.several for each in columns if each.tied == column.tied and each.several]
            sql = _tie_sql(binder, asked, obj, get_object(column.tied), several, typed=typed)
            found[column.tied] = _Tie(f"a{len(found)}", sql)
    return found


def _tie_sql(
    binder: Binder,
    asked: Request,
    obj: ObjectType,
    target: ObjectType,
    several: Sequence[Several],
    *,
    typed: bool,
) -> str:
    """Numbers and names of the living associated records that the asker may see, by number, in one row.

    A semicolon inside a name becomes a space, so that names and numbers can be told apart and put side by side.
    """
    further = [f"{_all_values(binder, target, each, 'u')} AS {each.option}" for each in several]
    limit = None if asked.all_tied else TIED_MAX
    rows = tied_rows(binder, obj, target, MAIN, further=further, limit=limit)
    name = "replace(x.name, ';', ' ')"
    parts = [
        "string_agg(x.id::text, ';' ORDER BY x.id) AS ids",
        f"string_agg({name if typed else defused(name)}, ';' ORDER BY x.id) AS names",
    ]
    for each in several:
        value = f"x.{each.option}"
        parts.append(f"string_agg({value if typed else defused(value)}, ';' ORDER BY x.id) AS {each.option}")
    return f"SELECT {', '.join(parts)} FROM ({rows}) AS x"
