"""On what machine a measurement was made, and whether anybody else was using it."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

_SETTINGS = (
    "shared_buffers work_mem maintenance_work_mem effective_cache_size fsync synchronous_commit full_page_writes "
    "wal_level max_wal_size checkpoint_timeout jit"
).split()
_GIBIBYTE = 2**30


def describe_machine(db: Connection[Any], now: datetime) -> dict[str, Any]:
    """Processor, memory, programs, and the server's settings that decide how quickly it writes."""
    row = db.execute("SELECT current_setting('server_version')").fetchone()
    assert row is not None
    settings = db.execute(
        "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)", [_SETTINGS]
    )
    return {
        "at": now.isoformat(timespec="minutes"),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIBIBYTE, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "postgresql": row[0].split()[0],
        "psycopg": f"{version('psycopg')} ({psycopg.pq.__impl__})",
        "settings": dict(settings.fetchall()),
    }


def how_busy(seconds: float = 1.0) -> dict[str, Any]:
    """What others want of the machine while nothing is measured: the share of its cores that works, and the load.

    The load of the last minute holds what was measured before; the share is of this moment, and known under Linux.
    """
    before = _ticks()
    time.sleep(seconds)
    after = _ticks()
    found: dict[str, Any] = {"load": round(os.getloadavg()[0], 2)}
    if before and after and after[1] > before[1]:
        found["busy"] = round((after[0] - before[0]) / (after[1] - before[1]), 3)
    return found


def _ticks() -> tuple[int, int] | None:
    """Ticks of all cores since the start: at work, and altogether."""
    with suppress(OSError, ValueError):
        counted = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        idle = counted[3] + counted[4]
        return sum(counted) - idle, sum(counted)
    return None


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
