"""Records as the API writes them, read by the compiler's own SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from psycopg import Connection

from kalends.catalog import get_object, to_api
from kalends.query import Filter, compile_select, fetch
from tests.query.books import context

Read = Callable[[str, int], dict[str, str | None]]


@pytest.fixture
def read(db: Connection[Any], account_id: int) -> Read:
    """All properties of a record as the API writes them."""

    def properties(name: str, number: int) -> dict[str, str | None]:
        obj = get_object(name)
        sql = compile_select(obj, list(obj.by_name), Filter(), None, context(account_id), limit=100)
        with db.cursor() as cursor:
            row = next(row for row in fetch(cursor, sql) if row["id"] == number)
        return {prop.name: to_api(prop, row[prop.name]) for prop in obj.properties}

    return properties
