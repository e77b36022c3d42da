"""Pages of a list by key, forth and back: what was added meanwhile moves no record to another page unseen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kalends.catalog import ObjectType, Sort
from kalends.query import Context, Filter, Key, Words, compile_select, encode_key, fetch, key_of
from kalends.query.context import Cursor

Row = dict[str, Any]


class Wanted(NamedTuple):
    """Which records, in which order."""

    object: ObjectType
    columns: Sequence[str]
    filter: Filter
    sort: Sort
    search: Words | None


class Page(NamedTuple):
    """Rows, and the marks at which the pages before and behind them begin; empty where there is none."""

    rows: list[Row]
    previous: str
    next: str


def page_after(cursor: Cursor, wanted: Wanted, ctx: Context, size: int, after: Key | None) -> Page:
    """The page behind a record, or the first."""
    rows = _select(cursor, wanted, wanted.sort, ctx, size + 1, after)
    more, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        encode_key(key_of(rows[0])) if rows and after is not None else "",
        encode_key(key_of(rows[-1])) if more else "",
    )


def page_before(cursor: Cursor, wanted: Wanted, ctx: Context, size: int, before: Key) -> Page:
    """The page in front of a record.

    Records without a value to sort by come last in both directions, so walking back reads those without a value
    first, and then those with one from their end.
    """
    back = wanted.sort._replace(descending=not wanted.sort.descending)
    rows = _select(cursor, wanted, back, ctx, size + 1, before)
    if before.value is not None:
        rows = [row for row in rows if row["@sort"] is not None]
    elif len(rows) <= size:
        rest = _select(cursor, wanted, back, ctx, size + 1 - len(rows), None)
        rows += [row for row in rest if row["@sort"] is not None]
    more, rows = len(rows) > size, rows[:size][::-1]
    return Page(
        rows,
        encode_key(key_of(rows[0])) if more else "",
        encode_key(key_of(rows[-1])) if rows else "",
    )


def _select(
    cursor: Cursor, wanted: Wanted, sort: Sort, ctx: Context, limit: int, after: Key | None
) -> list[Row]:
    return fetch(
        cursor,
        compile_select(
            wanted.object,
            wanted.columns,
            wanted.filter,
            sort,
            ctx,
            limit=limit,
            after=after,
            search=wanted.search,
        ),
    )
