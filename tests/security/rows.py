"""A row in every table that has rows of accounts, made from what the database's catalog says of the table."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import sql

from tests.conftest import AnyConnection

_WALLED = """
    SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'account_id'
        AND NOT a.attisdropped
    ORDER BY 1
"""
_REQUIRED = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typcategory
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
        AND a.attname <> 'account_id' AND a.attgenerated = ''
    ORDER BY a.attnum
"""
_CHECKS = (
    "SELECT conrelid::regclass::text, conname FROM pg_constraint "
    "WHERE contype IN ('c', 'x') AND connamespace = 'public'::regnamespace AND conrelid <> 0"
)
_VALUES = {
    "jsonb": "'{}'",
    "uuid": "'00000000-0000-4000-8000-000000000001'",
    "bytea": "'\\x01'",
    "date": "'2026-01-01'",
    "inet": "'192.0.2.1'",
    "daterange": "'[2026-01-01,2026-02-01)'",
}
_BY_CATEGORY = {"N": "1", "S": "'x'", "D": "'2026-01-01 00:00+00'", "B": "true", "A": "'{}'", "T": "'1 day'"}


class Row(NamedTuple):
    """A table, and how a row of an account's is written into it: ``insert`` takes the account."""

    table: str
    insert: sql.Composed


def walled_tables(db: AnyConnection) -> list[str]:
    """Every table with rows of accounts."""
    return [row[0] for row in db.execute(_WALLED).fetchall()]


def write_rows(superuser: AnyConnection, *accounts: int) -> list[Row]:
    """Give each account one row in every table with rows of accounts; nothing else is looked at, and triggers sleep.

    The constraints that say what such a row must be are gone until the transaction is taken back.
    """
    superuser.execute("SET LOCAL session_replication_role = replica")
    for table, name in superuser.execute(_CHECKS).fetchall():
        drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
        superuser.execute(drop.format(sql.Identifier(table.strip('"')), sql.Identifier(name)))
    rows = [Row(table, _insert(superuser, table)) for table in walled_tables(superuser)]
    for row in rows:
        for account in accounts:
            superuser.execute(row.insert, values_of(account))
    return rows


def _insert(db: AnyConnection, table: str) -> sql.Composed:
    required: list[tuple[str, str, str]] = db.execute(_REQUIRED, [table]).fetchall()  # type: ignore[assignment]
    names = [sql.Identifier(name) for name, *_ in required]
    values = [sql.SQL(_value(name, type_, category)) for name, type_, category in required]
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join([sql.Identifier("account_id"), *names]),
        sql.SQL(", ").join([sql.SQL("%(account_id)s"), *values]),
    )


def _value(name: str, type_: str, category: str) -> str:
    if name == "public_key":  # unguessable, and therefore unique in all accounts together
        return "%(public_key)s"
    return _VALUES.get(type_) or _BY_CATEGORY[category]


def values_of(account: int) -> dict[str, Any]:
    """What ``row.insert`` takes to write the very row that this account has."""
    return {"account_id": account, "public_key": f"00000000-0000-4000-8000-{account:012}"}
