"""Work that somebody asked for and does not wait for: how far it has come, what came of it, and whether it still lives.

Whoever does the work holds an advisory lock on its number for as long as they live. Work without an end whose lock is
free was stopped by a fault or a restart: it is told as stopped, and whoever wants it asks anew. So only work that may
be stopped at any point and begun again belongs here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.events.journal import encode

_COLUMNS = "id, kind, actor, began_at, done, total, ended_at, result, problem"


class BackgroundWork(NamedTuple):
    """One such work. ``done`` of ``total`` parts (0: nobody knows how many); ``problem`` says why it failed."""

    id: int
    kind: str
    actor: str
    began_at: datetime
    done: int
    total: int
    ended_at: datetime | None
    result: Any
    problem: str
    alive: bool

    @property
    def stopped(self) -> bool:
        """Whether it ended without an end: nobody works on it any more."""
        return self.ended_at is None and not self.alive


@contextmanager
def begun(
    db: Connection[Any], account_id: int, kind: str, *, actor: str, now: datetime, total: int = 0
) -> Iterator[int]:
    """Write down that work begins, and hold its lock while the block lasts; gives its number.

    ``db`` must not be inside a transaction, and is the connection that the worker keeps.
    """
    row = db.execute("SELECT nextval('record_id')").fetchone()
    assert row is not None
    id_ = int(row[0])
    db.execute("SELECT pg_advisory_lock(%s)", [id_])
    try:
        db.execute(
            "INSERT INTO background_work (account_id, id, kind, actor, began_at, total) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [account_id, id_, kind, actor, now, total],
        )
        yield id_
    finally:
        if not db.closed:
            db.execute("SELECT pg_advisory_unlock(%s)", [id_])


def report(db: Connection[Any], account_id: int, id_: int, done: int) -> None:
    """Write down how far the work has come."""
    db.execute(
        "UPDATE background_work SET done = %s WHERE account_id = %s AND id = %s", [done, account_id, id_]
    )


def end(
    db: Connection[Any], account_id: int, id_: int, *, now: datetime, result: Any = None, problem: str = ""
) -> None:
    """Write down what came of the work: a result that JSON can hold, or why it failed."""
    db.execute(
        "UPDATE background_work SET ended_at = %s, result = %s::jsonb, problem = %s "
        "WHERE account_id = %s AND id = %s AND ended_at IS NULL",
        [now, encode(result), problem, account_id, id_],
    )


def find(db: Connection[Any], account_id: int, id_: int) -> BackgroundWork | None:
    """The work of this number, if the account has it."""
    return _one(db, account_id, "id = %s", id_)


def latest(db: Connection[Any], account_id: int, kind: str) -> BackgroundWork | None:
    """The last work of a kind."""
    return _one(db, account_id, "kind = %s", kind)


def _one(db: Connection[Any], account_id: int, condition: str, value: object) -> BackgroundWork | None:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM background_work WHERE account_id = %s AND {condition} ORDER BY id DESC LIMIT 1",  # type: ignore[arg-type]
        [account_id, value],
    ).fetchone()
    if row is None:
        return None
    alive = row[6] is None and _is_alive(db, row[0])
    # A connection of Django's hands JSON on as text.
    result = json.loads(row[7]) if isinstance(row[7], str) else row[7]
    return BackgroundWork._make((*row[:7], result, row[8], alive))


def _is_alive(db: Connection[Any], id_: int) -> bool:
    row = db.execute("SELECT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = %s)", [id_]).fetchone()
    return row is not None and bool(row[0])
