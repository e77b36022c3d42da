"""Plain properties of records in blocks: made with any of their columns, and changed only where they differ.

Money terms have no place here: whoever calls names the columns, and the columns are those of the catalogue.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection, sql

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import arrays, take_ids
from kalends.events import journal

TABLES = frozenset({"contact", "company", "subscription"})
Text = str | None
_TYPES: dict[str, LiteralString] = {
    name: name for name in ("text", "numeric", "bigint", "smallint", "date", "boolean")
}


class Field(NamedTuple):
    """A plain column of a record, and its type in PostgreSQL."""

    column: str
    sql_type: str


class Update(NamedTuple):
    """What a record's columns should be, in PostgreSQL's text form; None leaves a column as it is."""

    id: int
    values: Sequence[Text]


def insert_records(
    db: Connection[Any],
    ctx: AccountContext,
    table: str,
    fields: Sequence[Field],
    rows: Sequence[Sequence[Text]],
    *,
    source: str,
) -> list[int]:
    """Write records with these columns; returns their ids in order. Runs in the caller's transaction."""
    assert table in TABLES, table
    ids = take_ids(db, len(rows))
    owned = [sql.SQL("owner_assigned_at")] if any(field.column == "owner_id" for field in fields) else []
    assigned = [sql.SQL("CASE WHEN f.owner_id IS NOT NULL THEN %(now)s::timestamptz END")] if owned else []
    columns = [sql.Identifier(field.column) for field in fields]
    query = sql.SQL(
        "INSERT INTO {table} (account_id, id, created_at, updated_at, source_label{columns}) "
        "SELECT %(account_id)s, f.id, %(now)s, %(now)s, %(source)s{values} FROM {rows}"
    ).format(
        table=sql.Identifier(table),
        columns=_listed([*columns, *owned]),
        values=_listed([*(sql.SQL("f.{}").format(column) for column in columns), *assigned]),
        rows=_unnested(fields),
    )
    db.execute(query, _params(ctx, fields, ids, rows, source=source))
    return ids


def update_records(
    db: Connection[Any],
    ctx: AccountContext,
    table: str,
    fields: Sequence[Field],
    wanted: Sequence[Update],
    *,
    actor: str = "system",
) -> list[int]:
    """Change what differs and write an event for each record that did; returns the ids of those.

    Runs in the caller's transaction.
    """
    assert table in TABLES, table
    if not wanted or not fields:
        return []
    present = _present(db, ctx, table, fields, [item.id for item in wanted])
    changed = [(item, _changes(fields, present[item.id], item.values)) for item in wanted]
    changed = [(item, changes) for item, changes in changed if changes]
    if not changed:
        return []
    settings: list[sql.Composable] = [
        sql.SQL("{0} = coalesce(f.{0}, t.{0})").format(sql.Identifier(field.column)) for field in fields
    ]
    if any(field.column == "owner_id" for field in fields):
        settings.append(
            sql.SQL(
                "owner_assigned_at = CASE WHEN f.owner_id IS DISTINCT FROM t.owner_id AND f.owner_id IS NOT NULL "
                "THEN %(now)s ELSE t.owner_assigned_at END"
            )
        )
    query = sql.SQL(
        "UPDATE {table} AS t SET updated_at = %(now)s{settings} FROM {rows} "
        "WHERE t.account_id = %(account_id)s AND t.id = f.id"
    ).format(table=sql.Identifier(table), settings=_listed(settings), rows=_unnested(fields))
    ids = [item.id for item, _ in changed]
    db.execute(query, _params(ctx, fields, ids, [item.values for item, _ in changed]))
    events = [
        journal.NewEvent(f"{table}.updated", table, item.id, None, {"changes": changes})
        for item, changes in changed
    ]
    journal.write(db, ctx.id, ctx.now, events, actor)
    return ids


def _changes(fields: Sequence[Field], present: Sequence[Any], wanted: Sequence[Text]) -> dict[str, list[Any]]:
    return {
        field.column: [before, typed(field, text)]
        for field, before, text in zip(fields, present, wanted, strict=True)
        if text is not None and typed(field, text) != before
    }


def typed(field: Field, text: str) -> Any:
    """A value in PostgreSQL's text form as the driver would return it.

    >>> typed(Field("employees", "numeric"), "12.0") == 12
    True
    """
    match field.sql_type:
        case "numeric":
            return Decimal(text)
        case "bigint" | "smallint":
            return int(text)
        case "date":
            return date.fromisoformat(text)
        case "boolean":
            return text == "true"
        case _:
            return text


def _present(
    db: Connection[Any], ctx: AccountContext, table: str, fields: Sequence[Field], ids: Sequence[int]
) -> Mapping[int, Sequence[Any]]:
    query = sql.SQL(
        "SELECT id{columns} FROM {table} WHERE account_id = %s AND id = ANY(%s) ORDER BY id FOR UPDATE"
    ).format(columns=_listed([sql.Identifier(field.column) for field in fields]), table=sql.Identifier(table))
    return {row[0]: row[1:] for row in db.execute(query, [ctx.id, list(ids)]).fetchall()}


def _listed(parts: Sequence[sql.Composable]) -> sql.Composed:
    return sql.Composed([sql.SQL(", ") + part for part in parts])


def _unnested(fields: Sequence[Field]) -> sql.Composed:
    parameters = [
        sql.SQL("{}::{}[]").format(sql.Placeholder(field.column), sql.SQL(_TYPES[field.sql_type]))
        for field in fields
    ]
    return sql.SQL("unnest(%(ids)s::bigint[]{parameters}) AS f (id{columns})").format(
        parameters=_listed(parameters), columns=_listed([sql.Identifier(field.column) for field in fields])
    )


def _params(
    ctx: AccountContext,
    fields: Sequence[Field],
    ids: Sequence[int],
    rows: Sequence[Sequence[Text]],
    **more: Any,
) -> dict[str, Any]:
    names = ["ids", *(field.column for field in fields)]
    columns = arrays(names, [(id_, *row) for id_, row in zip(ids, rows, strict=True)])
    return {"account_id": ctx.id, "now": ctx.now, **more, **columns}
