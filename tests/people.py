"""Looking for a person in everything that is stored of an account: what an erasure leaves nothing of."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from tests.conftest import AnyConnection

_COLUMNS = """
    SELECT c.relname, array_agg(a.attname ORDER BY a.attname)
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'public'
    WHERE a.attnum > 0 AND NOT a.attisdropped
        AND format_type(a.atttypid, NULL) IN ('text', 'character varying', 'character', 'json', 'jsonb', 'text[]',
            'character varying[]')
        AND EXISTS (SELECT FROM pg_attribute AS k WHERE k.attrelid = c.oid AND k.attname = 'account_id')
    GROUP BY 1
    ORDER BY 1
"""


def places_of(owner: AnyConnection, account_id: int, words: Iterable[str]) -> list[str]:
    """Every table and column in which one of these words stands, whatever its case: ``contact.email: kari@…``."""
    sought = {word: word.lower() for word in words}
    found: set[tuple[str, str, str]] = set()
    columns = owner.execute(_COLUMNS).fetchall()
    assert sum(len(names) for _, names in columns) > 200, "the search does not see the tables"
    for table, names in columns:
        texts = [sql.SQL("lower({}::text)").format(sql.Identifier(name)) for name in names]
        query = sql.SQL("SELECT {} FROM {} WHERE account_id = %s").format(
            sql.SQL(", ").join(texts), sql.Identifier(table)
        )
        for row in owner.execute(query, [account_id]):
            for name, text in zip(names, row, strict=True):
                found |= {(table, name, word) for word, low in sought.items() if low in (text or "")}
    return [f"{table}.{name}: {word}" for table, name, word in sorted(found)]
