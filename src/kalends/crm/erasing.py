"""What every room needs to take a person out of its tables, or to hand over what it knows of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from kalends.accounts.context import AccountContext
from kalends.crm.record_columns import columns_of

_WITHHELD = {"account_id", "token", "actor"}
"""Columns that are of no use to the person and may be to others."""


def in_the_name_of(
    db: Connection[Any], ctx: AccountContext, table: str, contacts: Sequence[int]
) -> list[int]:
    """The rows of a table that are in the name of these contacts, in order."""
    query = sql.SQL("SELECT id FROM {} WHERE account_id = %s AND contact_id = ANY(%s) ORDER BY id")
    return [row[0] for row in db.execute(query.format(sql.Identifier(table)), [ctx.id, list(contacts)])]


def blank(
    db: Connection[Any],
    ctx: AccountContext,
    table: str,
    ids: Sequence[int],
    personal: Collection[str],
    words: Sequence[str],
) -> None:
    """Empty the personal columns of these rows, and take words out of every other text of theirs."""
    columns = columns_of(db, table)
    settings: list[sql.Composable] = [sql.SQL("updated_at = %(now)s")] if "updated_at" in columns else []
    for name, column in columns.items():
        if name in personal and not column.required:
            settings.append(sql.SQL("{} = NULL").format(sql.Identifier(name)))
        elif column.type in ("text", "jsonb"):
            settings.append(
                sql.SQL("{0} = without_words({0}, %(words)s::text[])").format(sql.Identifier(name))
            )
    query = sql.SQL(
        "UPDATE {} SET {} WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[])"
    ).format(sql.Identifier(table), sql.SQL(", ").join(settings))
    db.execute(query, {"account_id": ctx.id, "now": ctx.now, "ids": list(ids), "words": list(words)})


def exported(
    db: Connection[Any],
    ctx: AccountContext,
    table: str,
    column: str,
    values: Sequence[int],
    only: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Rows as a person may have them: what is there, by column; of these columns alone if ``only`` names some."""
    query = sql.SQL("SELECT * FROM {} WHERE account_id = %s AND {} = ANY(%s) ORDER BY id").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, [ctx.id, list(values)]).fetchall()
    return [
        {
            name: value
            for name, value in row.items()
            if value not in (None, "", {}) and name not in _WITHHELD and (not only or name in only)
        }
        for row in rows
    ]
