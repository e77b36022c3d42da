"""How many rows an account has, table by table: what a refusal leaves as it was."""

from __future__ import annotations

from functools import cache
from typing import Any

from kalends.portability.tables import models_with_account
from tests.world import World

COUNTED_ANYWAY = frozenset({"request_count", "access_token", "answer"})
"""How often somebody asked, and when: that is written down for those who are refused as well."""


@cache
def _tables() -> list[str]:
    return sorted(set(models_with_account()) - COUNTED_ANYWAY)


@cache
def _statement() -> str:
    counts = ", ".join(
        f"(SELECT count(*) FROM public.{name} WHERE account_id = %(id)s)" for name in _tables()
    )
    return f"SELECT {counts}"


def rows_of_account(books: World) -> dict[str, int]:
    """The number of rows of each table."""
    return rows_of(books.db, books.ctx.id)


def rows_of(db: Any, account_id: int) -> dict[str, int]:
    """The same by a connection that is in the account."""
    found = db.execute(_statement(), {"id": account_id}).fetchone()
    assert found is not None
    return dict(zip(_tables(), found, strict=True))
