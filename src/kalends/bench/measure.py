"""What measurements share: figures of many rounds, settled tables, and where the time of the measured part went."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from kalends.platform import database

Progress = Callable[[str, int], None]
"""Told what is being done, and how much of it is done."""

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_NANOSECONDS = 1_000_000_000


def settle_tables() -> None:
    """Let the planner know the tables, as it does on an installation that has run for an hour."""
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


def typical(seconds: Sequence[float]) -> dict[str, float]:
    """The median and the 95th percentile, in milliseconds.

    >>> typical([0.001, 0.002, 0.003])
    {'p50_ms': 2.0, 'p95_ms': 2.9}
    """
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else list(seconds) * 99
    return {"p50_ms": round(cuts[49] * 1000, 2), "p95_ms": round(cuts[94] * 1000, 2)}


def peak_rss_mb() -> float:
    """The most that this process has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(slots=True)
class Meter:
    """Where the time of a measured part goes: this process, the database server, and neither.

    What is neither waits: for the disk, for a payment processor, or for a core that others have. The server's share is
    known where it runs on this machine, under Linux; all of its processes are counted, also those that write behind.
    """

    wall: float = 0.0
    last: float = 0.0
    here: float = 0.0
    server: float | None = 0.0
    _postmaster: int | None = None
    _found: bool = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what is done inside; may be entered again, and adds up. ``last`` are the seconds of the last time."""
        if not self._found:
            self._postmaster, self._found = _find_postmaster(), True
        server = self._server_seconds()
        here, began = _own_seconds(), time.perf_counter()
        try:
            yield
        finally:
            self.last = time.perf_counter() - began
            self.wall += self.last
            self.here += _own_seconds() - here
            after = self._server_seconds()
            known = self.server is not None and server is not None and after is not None
            self.server = self.server + max(0.0, after - server) if known else None  # type: ignore[operator]

    def told(self, processes: int = 1) -> dict[str, Any]:
        """Seconds of all the processes that were measured: of each kind, and of waiting."""
        told: dict[str, Any] = {"seconds": round(self.wall * processes, 2), "python": round(self.here, 2)}
        if self.server is not None:
            waiting = max(0.0, self.wall * processes - self.here - self.server)
            told |= {"server": round(self.server, 2), "waiting": round(waiting, 2)}
        return told

    def _server_seconds(self) -> float | None:
        return None if self._postmaster is None else _seconds_of_tree(self._postmaster)


def _own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _find_postmaster() -> int | None:
    """The server's first process, if it runs here: the parent of the one that answers us."""
    with database.connect(as_owner=True, autocommit=True) as owner:
        row = owner.execute("SELECT pg_backend_pid(), inet_server_addr() IS NULL").fetchone()
        assert row is not None
        backend, is_local = row
        with suppress(OSError):
            if is_local and "postgres" in (_PROC / str(backend) / "comm").read_text():
                return int(_fields(backend)[1])
    return None


def _fields(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` from its third on: the name before them may hold anything."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _seconds_of_tree(parent: int) -> float:
    """Processor seconds of a process, of its children, and of those children that have ended."""
    fields = _fields(parent)
    total = sum(int(each) for each in fields[11:15]) / _TICKS_PER_SECOND
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            with suppress(OSError, IndexError):
                if int(_fields(int(entry.name))[1]) == parent:
                    total += int((entry / "schedstat").read_text().split()[0]) / _NANOSECONDS
    return total


def beside(count: int, seconds: float, floor_seconds: float, meter: Meter) -> dict[str, Any]:
    """The figures of a measurement beside its floor; a ratio of 1 would be as quick as the floor, and more quicker.

    >>> figures = beside(1000, 4.0, 1.0, Meter())
    >>> figures["per_second"], figures["floor_per_second"], figures["ratio"]
    (250, 1000, 0.25)
    """
    return {
        "count": count,
        "seconds": round(seconds, 2),
        "per_second": round(count / seconds),
        "floor_seconds": round(floor_seconds, 2),
        "floor_per_second": round(count / floor_seconds),
        "ratio": round(floor_seconds / seconds, 3),
        "spent": meter.told(),
        "peak_rss_mb": round(peak_rss_mb()),
    }
