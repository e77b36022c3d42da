"""How often programs may ask: counts of requests over rolling windows, shared by every process of an installation.

A process takes its allowance in small portions (:func:`take`), so that the database is asked once for several
requests. A window is :data:`STEPS` steps long and moves on by a step at a time: what was granted in a step counts
until that step is a whole window old.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from kalends.platform.patience import patient

STEPS = 100
"""Steps of a window: the row of a subject holds as many counts at most."""

_TAKE = """
    INSERT INTO request_count AS c (account_id, subject, steps, counts, granted)
    SELECT %(account_id)s, %(subject)s, ARRAY[%(step)s::bigint], ARRAY[least(%(wanted)s, %(limit)s)::int],
        least(%(wanted)s, %(limit)s)
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS relaxed -- a count need not outlive a crash
    ON CONFLICT (account_id, subject) DO UPDATE SET (steps, counts, granted) = (
        WITH kept AS (
            SELECT step, count FROM unnest(c.steps, c.counts) AS past (step, count)
            WHERE abs(step - %(step)s) < %(steps)s
        ), more AS (
            SELECT greatest(0, least(%(wanted)s, %(limit)s - coalesce(sum(count), 0)))::int AS granted FROM kept
        ), now AS (
            SELECT step, sum(count)::int AS count
            FROM (SELECT step, count FROM kept UNION ALL SELECT %(step)s, granted FROM more) AS every
            GROUP BY step HAVING sum(count) > 0
        )
        SELECT coalesce(array_agg(step ORDER BY step), '{}'), coalesce(array_agg(count ORDER BY step), '{}'),
               (SELECT granted FROM more)
        FROM now
    )
    RETURNING granted, (SELECT coalesce(sum(count), 0) FROM unnest(counts) AS count), steps[1]
"""


class Taken(NamedTuple):
    """What was granted now, what all processes hold of the window together, and the oldest step that still counts."""

    granted: int
    used: int
    oldest: int


@patient
def take(db: Connection[Any], account_id: int, subject: str, step: int, wanted: int, limit: int) -> Taken:
    """Take up to ``wanted`` requests at a step of time, out of ``limit`` in any :data:`STEPS` steps on end.

    ``subject`` says whose requests are counted, and ``step`` is a number that grows with time. The guarantee: however
    many processes take, what is granted in any :data:`STEPS` consecutive steps adds up to ``limit`` at most. Nothing
    is assumed about how requests are spread, and no border lets more through. One statement of its own, outside any
    transaction.
    """
    row = db.execute(
        _TAKE,
        {
            "account_id": account_id,
            "subject": subject,
            "step": step,
            "steps": STEPS,
            "wanted": wanted,
            "limit": limit,
        },
    ).fetchone()
    assert row is not None
    return Taken(row[0], int(row[1]), row[2] if row[2] is not None else step)
