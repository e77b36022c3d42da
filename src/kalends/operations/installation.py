"""The installation as a whole: its version, its database, the processes that work in it, and its accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from kalends.accounts.context import UnknownAccount, account_ids, load_context
from kalends.accounts.sql import enter_account, load
from kalends.operations.processes import Process, processes
from kalends.operations.standing import Standing, standing
from kalends.platform.version import version


@dataclass(frozen=True, slots=True)
class Installation:
    """What all accounts share. ``connections`` are those to this database, ``connections_most`` the server's limit.

    ``log_waits_since`` is when the archive of the server's log last took something, if it takes nothing now.
    """

    version: str
    postgresql: str
    database: str
    database_bytes: int
    connections: int
    connections_most: int
    log_waits_since: datetime | None
    processes: tuple[Process, ...]


def installation(db: Connection[Any]) -> Installation:
    """The installation at this moment."""
    row = db.execute(load("kalends.operations", "installation")).fetchone()
    assert row is not None
    return Installation(version(), *row, processes=tuple(processes(db)))


def each_standing(db: Connection[Any], now: datetime, *, runs: int = 1) -> Iterator[Standing]:
    """Every account, entered one after the other. One that is deleted meanwhile is passed over."""
    for id_ in account_ids(db):
        enter_account(db, id_)
        try:
            ctx = load_context(db, id_, system_now=now)
        except UnknownAccount:
            continue
        yield standing(db, ctx, now, runs=runs)
