"""Reading records of any object: by number, page by page in the order of their numbers, and how they came to be."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.catalog.model import ObjectType, Sort
from kalends.query import Condition, Context, Filter, Operator, compile_lookup, compile_select
from kalends.query import fetch as fetch_rows

ID = "hs_object_id"
Row = dict[str, Any]
_BY_NUMBER = Sort(ID)


def asking(ctx: AccountContext, *, archived: bool = False) -> Context:
    """What the filter compiler needs to know of an account at its moment."""
    return Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, archived=archived)


def read(
    db: Connection[Any],
    ctx: AccountContext,
    obj: ObjectType,
    ids: Sequence[int],
    names: Sequence[str],
    *,
    archived: bool = False,
) -> dict[int, Row]:
    """Records by number, with these properties; those that are not there are left out."""
    if not ids:
        return {}
    query = compile_lookup(obj, names, ids, asking(ctx, archived=archived))
    with db.cursor() as cursor:
        return {row["id"]: row for row in fetch_rows(cursor, query)}


def read_page(
    db: Connection[Any],
    ctx: AccountContext,
    obj: ObjectType,
    names: Sequence[str],
    *,
    limit: int,
    after: int = 0,
    archived: bool = False,
) -> tuple[list[Row], int | None]:
    """The records behind the number ``after``, and the number to go on behind, if there are more.

    A page costs the same however far back it lies: it is looked up by its first number.
    """
    behind = Filter(((Condition(ID, Operator.GREATER, (Decimal(after),)),),))
    query = compile_select(obj, names, behind, _BY_NUMBER, asking(ctx, archived=archived), limit=limit + 1)
    with db.cursor() as cursor:
        rows = fetch_rows(cursor, query)
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def archived_since(
    db: Connection[Any], ctx: AccountContext, obj: ObjectType, ids: Sequence[int]
) -> dict[int, Any]:
    """When records were archived, by number."""
    query = sql.SQL("SELECT id, archived_at FROM {} WHERE account_id = %s AND id = ANY(%s)")
    return dict(db.execute(query.format(sql.Identifier(obj.table)), [ctx.id, list(ids)]).fetchall())


def plain_properties(obj: ObjectType) -> list[str]:
    """The properties whose values lie in the record itself, so that no other record is read for them."""
    return [prop.name for prop in obj.properties if "SELECT" not in prop.sql]
