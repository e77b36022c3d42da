"""Who sends to a processor has a name under which others see whether it lives."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

_LOCK_A_FRESH_NAME = """
WITH sender AS MATERIALIZED (SELECT nextval('record_id') AS name) SELECT name, pg_advisory_lock(name) FROM sender
"""


@contextmanager
def named_sender(db: Connection[Any]) -> Iterator[int]:
    """An identity that others can see to be alive: its advisory lock goes when the connection does."""
    row = db.execute(_LOCK_A_FRESH_NAME).fetchone()
    assert row is not None
    sender = row[0]
    try:
        yield sender
    finally:
        if not db.closed:
            db.execute("SELECT pg_advisory_unlock(%s)", [sender])
