"""How often programs may ask: counts of requests in windows of time, shared by every process of an installation.

A process takes its allowance in small portions (:func:`take`), so that the database is asked once for several
requests and several processes together never get more than the limit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

_TAKE = """
    INSERT INTO request_count AS c (account_id, subject, window_number, granted, used)
    VALUES (%(account_id)s, %(subject)s, %(window)s, least(%(wanted)s, %(limit)s), least(%(wanted)s, %(limit)s))
    ON CONFLICT (account_id, subject) DO UPDATE SET
        window_number = EXCLUDED.window_number,
        granted = CASE WHEN c.window_number = EXCLUDED.window_number
            THEN greatest(0, least(%(wanted)s, %(limit)s - c.used)) ELSE EXCLUDED.granted END,
        used = CASE WHEN c.window_number = EXCLUDED.window_number
            THEN greatest(c.used, least(c.used + %(wanted)s, %(limit)s)) ELSE EXCLUDED.used END
    RETURNING granted, used
"""


class Taken(NamedTuple):
    """How many requests were granted, and how many of the window all processes together have taken."""

    granted: int
    used: int


def take(db: Connection[Any], account_id: int, subject: str, window: int, wanted: int, limit: int) -> Taken:
    """Take up to ``wanted`` requests of a window out of ``limit``; a newer window begins at nothing.

    ``subject`` says whose requests are counted, and ``window`` is a number that grows with time. One statement of its
    own, outside any transaction.
    """
    row = db.execute(
        _TAKE,
        {"account_id": account_id, "subject": subject, "window": window, "wanted": wanted, "limit": limit},
    ).fetchone()
    assert row is not None
    return Taken(row[0], row[1])
