"""A PostgreSQL server of the proof's own: it may be killed at any moment, and is gone afterwards with all it held.

Nothing is ever copied onto the server of an installation: what is proved there could disturb what is earned there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kalends.platform.database import APPLICATION_ROLE
from kalends.platform.home import Home, open_home
from kalends.platform.postgres import acquire
from kalends.platform.postgres_server import Server, ensure_running, server_in, stop

_OWN_SETTINGS = """
# A proof kills processes, and never the machine: what the system was given to write is written.
fsync = off
# What is committed has left the server's memory, so that killing the server takes nothing back.
synchronous_commit = on
max_wal_size = 1GB
"""
_ALIVE = "alive"
_LONGEST_END_SECONDS = 20


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A running server and the folder in which everything of a proof lies."""

    folder: Path
    server: Server

    def dsn(self, database: str) -> str:
        """For the owner of the tables."""
        return self.server.dsn(dbname=database)

    def application_dsn(self, database: str) -> str:
        """For the role of ordinary work, which sees one account at a time."""
        return make_conninfo(self.dsn(database), options=f"-c role={APPLICATION_ROLE}")

    def administer(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection that may do everything."""
        return psycopg.connect(self.server.dsn(user="postgres", dbname=database), autocommit=True)

    def clone(self, source: str, name: str) -> None:
        """Make a second database like the first. Whoever was connected to that a moment ago may still be leaving."""
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER kalends STRATEGY file_copy")
        deadline = time.monotonic() + _LONGEST_END_SECONDS
        with self.administer() as connection:
            while True:
                try:
                    connection.execute(command.format(sql.Identifier(name), sql.Identifier(source)))
                    return
                except psycopg.errors.ObjectInUse:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)

    def kill(self) -> None:
        """End the server on the spot, as a failing machine would."""
        pid = _postmaster(self.server)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def recover(self) -> None:
        """Start it again; it works through its log and is as it was at the last commit."""
        ensure_running(self.server)


@contextmanager
def own_server(place: Path) -> Iterator[OwnServer]:
    """A server in a new folder under ``place``; both are gone when the block is left, however it is left.

    What proofs that were killed left in ``place`` is cleared away first. Raises UserFacing when none can be started.
    """
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    sweep(place)
    folder = place / f"{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir(mode=0o711)
    alive = os.open(folder / _ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(alive, fcntl.LOCK_EX)
        home = open_home(folder / "server")
        _set(home)
        lease = acquire(home, ephemeral=False)
        try:
            yield OwnServer(folder, server_in(home))
        finally:
            lease.release()
            _make_sure_it_ended(server_in(home))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(alive)


def sweep(place: Path) -> int:
    """Clear away what proofs that are no more left behind, their servers included; says how many there were."""
    swept = 0
    for folder in sorted(place.iterdir()) if place.exists() else []:
        with suppress(OSError):
            alive = os.open(folder / _ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if (folder / "server" / "postgres" / "data").exists():
                    _make_sure_it_ended(server_in(Home(folder / "server")))
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
            finally:
                os.close(alive)
    return swept


def _set(home: Home) -> None:
    settings = home.postgres / "conf" / "local.conf"
    for folder in (home.postgres, settings.parent):
        folder.mkdir(mode=0o711, exist_ok=True)
    settings.write_text(_OWN_SETTINGS)
    settings.chmod(0o644)


def _make_sure_it_ended(server: Server) -> None:
    """Stop the server politely, else by force, and wait for its processes."""
    if _postmaster(server) is not None:
        stop(server)
    deadline = time.monotonic() + _LONGEST_END_SECONDS
    while (pid := _postmaster(server)) is not None and time.monotonic() < deadline:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _postmaster(server: Server) -> int | None:
    """The server's own process, if it lives; a number that another program has by now is not it."""
    try:
        pid = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
        state = Path(f"/proc/{pid}/stat").read_text()
    except (OSError, ValueError):
        return None
    program, _, rest = state.partition("(")[2].rpartition(")")
    return pid if program == "postgres" and rest.split()[0] not in "ZX" else None
