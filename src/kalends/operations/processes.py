"""The processes that work in this installation: who they are, when they were last seen, and what they share.

Workers and servers on any number of machines write here that they live. Whoever looks learns whether somebody does
what waits for a worker, and whether all of them have the same keys and files, which nothing else would tell.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.sql import load
from kalends.platform.home import Home
from kalends.platform.version import version

BEATS_EVERY = timedelta(seconds=10)
"""How often a process says that it lives."""
ALIVE_FOR = timedelta(minutes=1)
"""Who was not heard of for so long does not work any more, as far as anybody can tell."""
STUCK_AFTER = timedelta(minutes=15)
"""A worker that lives, and has given no account its turn for so long, hangs or has far too much to do."""
FORGOTTEN_AFTER = timedelta(days=1)

WORKER, ONCE, WEB = "worker", "once", "web"


class Shared(NamedTuple):
    """Fingerprints of what every process of an installation has to have in common."""

    signing_key: str
    sealing_keys: str
    files: str


class Process(NamedTuple):
    """A process as it last told. ``only`` is the account that it looks after; None: all of them."""

    id: str
    kind: str
    host: str
    pid: int
    version: str
    only: int | None
    started_at: datetime
    seen_at: datetime
    turned_at: datetime | None
    shared: Shared

    def is_alive(self, now: datetime) -> bool:
        """Whether it was seen a moment ago."""
        return now - self.seen_at <= ALIVE_FOR

    def is_stuck(self, now: datetime) -> bool:
        """Whether it is a worker that lives and does nothing."""
        since = self.turned_at or self.started_at
        return self.kind == WORKER and self.is_alive(now) and now - since > STUCK_AFTER

    def serves(self, account_id: int) -> bool:
        """Whether it is a worker that looks after the account."""
        return self.kind in (WORKER, ONCE) and self.only in (None, account_id)


def this_process(home: Home, kind: str, now: datetime, only: int | None = None) -> Process:
    """This process, as it introduces itself. One that comes by now and then (``once``) is always the same row."""
    host, pid = socket.gethostname(), os.getpid()
    id_ = f"{kind}:{host}:{only or 'all'}" if kind == ONCE else f"{kind}:{host}:{pid}:{secrets.token_hex(6)}"
    return Process(id_, kind, host, pid, version(), only, now, now, None, shared_by(home))


def shared_by(home: Home) -> Shared:
    """The fingerprints of the keys and of the folder for files that a home has."""
    return Shared(
        _fingerprint(home.secret_key()), _fingerprint(home.sealing_keys()), _fingerprint(home.files_mark())
    )


def beat(db: Connection[Any], process: Process, now: datetime, turned_at: datetime | None = None) -> None:
    """Say that the process lives, and forget those that nobody heard of for a day."""
    told = process._asdict() | process.shared._asdict() | {"seen_at": now, "turned_at": turned_at}
    told.pop("shared")
    db.execute(load("kalends.operations", "beat"), {**told, "forgotten": now - FORGOTTEN_AFTER})


def leave(db: Connection[Any], process: Process) -> None:
    """Say that the process ends as it was asked to."""
    db.execute("DELETE FROM running_process WHERE id = %s", [process.id])


def processes(db: Connection[Any]) -> list[Process]:
    """Everybody who was heard of within a day, those who were heard of last first."""
    rows = db.execute(load("kalends.operations", "processes")).fetchall()
    return [Process(*row[:9], shared=Shared(*row[9:])) for row in rows]


def last_worker(known: Iterable[Process], account_id: int) -> Process | None:
    """The worker that looks after the account and was heard of last."""
    return max(
        (each for each in known if each.serves(account_id)), key=lambda each: each.seen_at, default=None
    )


def is_served(known: Iterable[Process], account_id: int, now: datetime) -> bool:
    """Whether some worker does what waits in the account."""
    worker = last_worker(known, account_id)
    return worker is not None and worker.is_alive(now)


def not_shared(known: Iterable[Process], now: datetime) -> list[str]:
    """What living processes should have in common and do not: keys, files (as in :class:`Shared`), ``version``."""
    alive = [each for each in known if each.is_alive(now)]
    differ = [name for name in Shared._fields if len({getattr(each.shared, name) for each in alive}) > 1]
    return differ + (["version"] if len({each.version for each in alive}) > 1 else [])


def _fingerprint(text: str) -> str:
    return hashlib.sha256(f"kalends fingerprint\n{text}".encode()).hexdigest()[:16]
