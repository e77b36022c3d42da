"""Who pays: the customer's name, which stands below an invoice or a payment in a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import LiteralString

from kalends.query.context import Cursor

Names = dict[int, str]


def customers_of(table: LiteralString) -> Callable[[Cursor, int, Sequence[int]], Names]:
    """Reads the customers of records of a table: the company's name, else the contact's, else their email."""
    # Each by its number, behind a fence, as kalends.query.compile_lookup says why.
    query = (
        "SELECT t.id, coalesce(nullif(co.name, ''), nullif(concat_ws(' ', c.first_name, c.last_name), ''), c.email) "
        "FROM unnest(%(ids)s::bigint[]) AS n (id) CROSS JOIN LATERAL ("
        f"SELECT id, contact_id, company_id FROM {table} "
        "WHERE account_id = %(account_id)s AND id = n.id OFFSET 0) AS t "
        "LEFT JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = t.contact_id "
        "LEFT JOIN company AS co ON co.account_id = %(account_id)s AND co.id = t.company_id"
    )

    def read(cursor: Cursor, account_id: int, ids: Sequence[int]) -> Names:
        if not ids:
            return {}
        cursor.execute(query, {"account_id": account_id, "ids": list(ids)})
        return {id_: name or "" for id_, name in cursor.fetchall()}

    return read
