"""Where a file's rows wait between checking and writing: a temporary table, which is gone with its connection.

Every row is read from the file once. Duplicates, missing customers and rows that belong together are found by the
database, so that memory does not grow with the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, LiteralString, NamedTuple

from psycopg import Connection

BLOCK_ROWS = 2_000

_CREATE = """
    CREATE TEMPORARY TABLE import_row (
        line bigint NOT NULL,
        identity text NOT NULL,
        key text,
        alt text,
        good boolean NOT NULL,
        data jsonb NOT NULL
    )
"""


class Staged(NamedTuple):
    """A row that was read. ``identity`` says which record it is about; rows of one record have the same.

    ``key`` is the record's name in the other system, ``alt`` its email address or domain.
    """

    line: int
    identity: str
    key: str | None
    alt: str | None
    good: bool
    data: dict[str, str]


class Staging:
    """The waiting rows of one import, on one connection."""

    def __init__(self, db: Connection[Any]) -> None:
        self._db = db
        db.execute("DROP TABLE IF EXISTS pg_temp.import_row")
        db.execute(_CREATE)

    def fill(self, rows: Iterable[Staged]) -> None:
        """Take in rows while they are read."""
        with self._db.cursor().copy(
            "COPY pg_temp.import_row (line, identity, key, alt, good, data) FROM STDIN"
        ) as copy:
            for row in rows:
                copy.write_row((*row[:5], json.dumps(row.data, ensure_ascii=False)))
        self._db.execute("CREATE INDEX ON pg_temp.import_row (identity, line)")
        self._db.execute("ANALYZE pg_temp.import_row")

    def drop(self) -> None:
        """Let the rows go."""
        if not self._db.closed:
            self._db.execute("DROP TABLE IF EXISTS pg_temp.import_row")

    def rows(self, query: LiteralString, params: Any = None) -> list[tuple[Any, ...]]:
        """Rows of a query over ``import_row``."""
        return self._db.execute(query, params).fetchall()

    def repeated(self) -> Iterator[tuple[int, str, int]]:
        """Good rows whose record was named by an earlier good row: line, identity, the earlier line."""
        query = (
            "SELECT line, identity, first FROM (SELECT line, identity, good, min(line) FILTER (WHERE good) "
            "OVER (PARTITION BY identity) AS first FROM pg_temp.import_row) AS r "
            "WHERE good AND line > first ORDER BY line"
        )
        with self._db.transaction(), self._db.cursor("repeated") as cursor:
            yield from cursor.execute(query)

    def good_blocks(self, name: str, *, whole_records: bool) -> Iterator[list[Staged]]:
        """Good rows in blocks, records in the order of their first rows and never cut by the end of a block.

        With ``whole_records`` a record with one bad row is left out altogether. Runs in the caller's transaction.
        """
        spoiled = "bool_and(good) OVER (PARTITION BY identity)" if whole_records else "good"
        query = (
            "SELECT line, identity, key, alt, good, data FROM "
            f"(SELECT r.*, min(line) OVER (PARTITION BY identity) AS first, {spoiled} AS usable "
            "FROM pg_temp.import_row AS r) AS r WHERE usable ORDER BY first, line"
        )
        block: list[Staged] = []
        with self._db.cursor(name) as cursor:
            cursor.itersize = BLOCK_ROWS
            for row in cursor.execute(query):
                staged = Staged(*row)
                if len(block) >= BLOCK_ROWS and staged.identity != block[-1].identity:
                    yield block
                    block = []
                block.append(staged)
        if block:
            yield block

    def spoil(self, lines: Iterable[int]) -> None:
        """Mark rows as bad."""
        self._db.execute("UPDATE pg_temp.import_row SET good = false WHERE line = ANY(%s)", [list(lines)])

    def usable(self, *, whole_records: bool) -> int:
        """How many rows can be imported."""
        usable = "bool_and(good) OVER (PARTITION BY identity)" if whole_records else "good"
        return self.rows(
            f"SELECT count(*) FROM (SELECT {usable} AS usable FROM pg_temp.import_row) AS r WHERE usable"
        )[0][0]
