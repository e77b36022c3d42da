"""What every room needs to take a person out of its tables, or to hand over what it knows of them."""

from __future__ import annotations

import re
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


def words_beside_names(words: Sequence[str]) -> list[str]:
    """Those of a person's words that cannot be a name of the filter language: of a property, an operator, an object.

    Whoever lives at *Email* would otherwise be taken out of every filter that asks for addresses.

    >>> words_beside_names(["kari@example.com", "Kari Nordmann", "email", "+47 401 22 333", "40122333"])
    ['kari@example.com', 'Kari Nordmann', '+47 401 22 333', '40122333']
    """
    return [each for each in words if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]{1,6}", each)]


def take_out(
    db: Connection[Any],
    ctx: AccountContext,
    table: str,
    columns: Collection[str],
    words: Sequence[str],
    *,
    named_once: bool = False,
) -> list[int]:
    """Take a person's words out of what an account has set up: filters, definitions, wordings, in JSON or text.

    With ``named_once`` out of the name as well, which gets the number of its row, since two must not be alike. Returns
    the numbers of the rows that were changed (of ``workflow_id`` where rows have no number of their own), in order.
    """
    key = "id" if "id" in columns_of(db, table) else "workflow_id"
    told = {"words": words_beside_names(words), "account_id": ctx.id}
    without = "without_words({0}, %(words)s::text[])"
    settings = [sql.SQL(f"{{0}} = {without}").format(sql.Identifier(name)) for name in columns]
    changed = [sql.SQL(f"{{0}} IS DISTINCT FROM {without}").format(sql.Identifier(name)) for name in columns]
    if named_once:
        other = sql.SQL("name <> without_words(name, %(words)s::text[])")
        renamed = sql.SQL(
            "name = CASE WHEN {} THEN without_words(name, %(words)s::text[]) || ' ' || id ELSE name END"
        )
        settings, changed = [*settings, renamed.format(other)], [*changed, other]
    query = sql.SQL("UPDATE {} SET {} WHERE account_id = %(account_id)s AND ({}) RETURNING {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(settings),
        sql.SQL(" OR ").join(changed),
        sql.Identifier(key),
    )
    return sorted({row[0] for row in db.execute(query, told).fetchall()})


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
