"""Looking for a person in everything that is stored of an account: what an erasure leaves nothing of."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from tests.conftest import AnyConnection

_COLUMNS = """
    SELECT c.relname, a.attname
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'public'
    WHERE a.attnum > 0 AND NOT a.attisdropped
        AND format_type(a.atttypid, NULL) IN ('text', 'character varying', 'character', 'json', 'jsonb', 'text[]',
            'character varying[]')
        AND EXISTS (SELECT FROM pg_attribute AS k WHERE k.attrelid = c.oid AND k.attname = 'account_id')
    ORDER BY 1, 2
"""


def places_of(owner: AnyConnection, account_id: int, words: Iterable[str]) -> list[str]:
    """Every table and column in which one of these words stands, whatever its case: ``contact.email: kari@…``."""
    found: list[str] = []
    columns = owner.execute(_COLUMNS).fetchall()
    assert len(columns) > 200, "the search does not see the tables"
    for table, column in columns:
        query = sql.SQL("SELECT count(*) FROM {} WHERE account_id = %s AND {}::text ILIKE %s").format(
            sql.Identifier(table), sql.Identifier(column)
        )
        for word in words:
            sought = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            row = owner.execute(query, [account_id, f"%{sought}%"]).fetchone()
            if row is not None and row[0]:
                found.append(f"{table}.{column}: {word}")
    return found
