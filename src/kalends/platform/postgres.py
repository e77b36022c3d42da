"""Sharing the embedded PostgreSQL server: the first process starts it, the last one stops it.

Every process that uses the server holds a *lease*: a shared lock on ``postgres.lock`` in the home. Coming and
going pass one at a time through ``postgres.gate``. A process that leaves and finds that nobody else holds the
lock stops the server. Locks belong to the operating system: a killed process loses its own, and the server it
left behind is stopped by whoever leaves next, or found running by whoever comes next.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from kalends.platform.home import Home, open_home
from kalends.platform.postgres_server import Server, ensure_running, server_in, stop

WORDLESS_SECONDS = 3.0
"""How long a process waits for others to come and go before it tells that it waits."""

log = structlog.get_logger("kalends.platform")


class Lease:
    """The right to use a running server; give it back with :meth:`release`, or at exit it is given back."""

    def __init__(self, home: Home, server: Server, lock: int, *, ephemeral: bool) -> None:
        self._home = home
        self._server = server
        self._lock: int | None = lock
        self._ephemeral = ephemeral
        self._owner = os.getpid()
        self.dsn = server.dsn()
        atexit.register(self.release)

    def is_ours_for(self, home: Home) -> bool:
        """Whether this very process (not its parent) still holds the lease, and for this home."""
        return self._lock is not None and self._owner == os.getpid() and self._home == home

    def revive(self) -> None:
        """Start the server again if it is gone: somebody killed it, or the machine had no memory left.

        Whoever holds a lease may, and of several one does. Raises UserFacing when it does not start.
        """
        with _gate(self._home):
            ensure_running(self._server, ephemeral=self._ephemeral)

    def release(self) -> None:
        """Give the lease back; the last one out stops the server. A forked child's copy does nothing.

        A child that is still alive shares its parent's lock, and so keeps the server running.
        """
        if self._lock is None or self._owner != os.getpid():
            return
        atexit.unregister(self.release)
        lock, self._lock = self._lock, None
        if not self._home.path.exists():
            os.close(lock)
            return
        with _gate(self._home):
            os.close(lock)
            last = _open_lock(self._home)
            try:
                fcntl.flock(last, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                stop(self._server)
            finally:
                os.close(last)


def acquire(home: Home, *, ephemeral: bool | None = None) -> Lease:
    """A lease on the home's server, which is made and started if need be.

    ``ephemeral`` (default: the environment's ``KALENDS_EPHEMERAL=1``) starts it without durability, for tests.
    Raises UserFacing when there can be no server.
    """
    throw_away = os.environ.get("KALENDS_EPHEMERAL") == "1" if ephemeral is None else ephemeral
    with _gate(home):
        lock = _open_lock(home)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            server = server_in(home)
            ensure_running(server, ephemeral=throw_away)
        except BaseException:
            os.close(lock)
            raise
        return Lease(home, server, lock, ephemeral=throw_away)


@contextmanager
def embedded_server(home: Home | None = None, *, ephemeral: bool | None = None) -> Iterator[str]:
    """The connection string of the home's server, which runs as long as the block does."""
    lease = acquire(home or open_home(), ephemeral=ephemeral)
    try:
        yield lease.dsn
    finally:
        lease.release()


@contextmanager
def _gate(home: Home) -> Iterator[None]:
    gate = _open(home.path / "postgres.gate")
    try:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _wait_in_turn(gate, home)
        yield
    finally:
        os.close(gate)


def _wait_in_turn(gate: int, home: Home) -> None:
    """Wait until nobody else is in the gate, and say so if that takes long: a restore may take hours."""
    told = threading.Timer(WORDLESS_SECONDS, _tell_that_we_wait, [home])
    told.daemon = True
    told.start()
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
    finally:
        told.cancel()


def _tell_that_we_wait(home: Home) -> None:
    # Not every process that comes this early, or this late, has set up its logs.
    from kalends.platform.logs import set_up_logs

    set_up_logs()
    log.warning("waiting for a process that starts, stops or restores the database", where=str(home.path))


def _open_lock(home: Home) -> int:
    return _open(home.path / "postgres.lock")


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
