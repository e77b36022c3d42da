"""The floor of what writes: the very rows that came of it once more, into tables with primary keys and nothing else.

The server and its durability are the same. Nothing on this database can be faster; the ratio to it is what is quoted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from psycopg import Connection, sql

_KEY = """
SELECT a.attname FROM pg_index AS i
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)
"""


def make_bare_tables(owner: Connection[Any], tables: Sequence[str]) -> None:
    """Empty tables of the same columns, in a schema of their own."""
    owner.execute("CREATE SCHEMA IF NOT EXISTS bare")
    for table in tables:
        key = [sql.Identifier(row[0]) for row in owner.execute(_KEY, [table]).fetchall()]
        owner.execute(
            sql.SQL("CREATE TABLE bare.{0} (LIKE public.{0}, PRIMARY KEY ({1}))").format(
                sql.Identifier(table), sql.SQL(", ").join(key)
            )
        )


def write_again(owner: Connection[Any], account_id: int, tables: Mapping[str, str]) -> float:
    """Write rows of the account into their bare tables, one statement each; returns seconds.

    ``tables`` gives for each a further condition on its rows, or nothing.
    """
    began = time.perf_counter()
    for table, only in tables.items():
        written = sql.SQL("INSERT INTO bare.{0} SELECT * FROM public.{0} WHERE account_id = %s {1}")
        owner.execute(written.format(sql.Identifier(table), sql.SQL(cast("Any", only))), [account_id])
    return time.perf_counter() - began


def copied_out(owner: Connection[Any], account_id: int, tables: Sequence[str]) -> dict[str, list[bytes]]:
    """Rows of the account as COPY writes them, by table, in memory."""
    found: dict[str, list[bytes]] = {}
    for table in tables:
        query = f"COPY (SELECT * FROM {table} WHERE account_id = {account_id:d}) TO STDOUT"
        found[table] = list(_copied(owner, query))
    return found


def copy_in(owner: Connection[Any], rows: Mapping[str, Sequence[bytes]]) -> float:
    """Let COPY read such rows into the bare tables; returns seconds."""
    began = time.perf_counter()
    for table, lines in rows.items():
        with (
            owner.cursor() as cursor,
            cursor.copy(sql.SQL("COPY bare.{} FROM STDIN").format(sql.Identifier(table))) as copy,
        ):
            for line in lines:
                copy.write(line)
    return time.perf_counter() - began


def read_through(owner: Connection[Any], account_id: int, tables: Sequence[str]) -> tuple[float, int]:
    """Let the server hand over every row of the account, once, which nobody looks at; returns seconds and bytes."""
    began, size = time.perf_counter(), 0
    for table in tables:
        for line in _copied(
            owner, f"COPY (SELECT * FROM {table} WHERE account_id = {account_id:d}) TO STDOUT"
        ):
            size += len(line)
    return time.perf_counter() - began, size


def _copied(owner: Connection[Any], query: str) -> Iterator[bytes]:
    with owner.cursor() as cursor, cursor.copy(cast("Any", query)) as copy:
        for line in copy:
            yield bytes(line)
