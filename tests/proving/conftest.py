"""What proofs are tried with."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import AnyConnection


@pytest.fixture
def as_postgres(server: str) -> Iterator[AnyConnection]:
    """A connection that may do everything, also what the tables' owner may not."""
    with psycopg.connect(make_conninfo(server, user="postgres"), autocommit=True) as connection:
        yield connection
