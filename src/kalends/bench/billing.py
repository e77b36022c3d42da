"""How many subscriptions a second are billed, beside the floor of the same machine in the same minute.

Each process is one of its own, as on a real installation: it claims blocks until nothing is due.
"""

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from typing import Any

from kalends.accounts.context import load_context
from kalends.accounts.sql import enter_account
from kalends.bench import floor
from kalends.bench.book import DUE_AT, make_book
from kalends.billing.block import BLOCK_SIZE
from kalends.billing.run import RunResult, bill_everything_due, no_garbage_collection
from kalends.platform import database
from kalends.platform.home import open_home
from kalends.platform.scratch import scratch_database

Progress = Callable[[str, int], None]
Job = Callable[[int, int, int], int]
START_TIMEOUT_SECONDS = 300


def bench_billing(
    subscriptions: int, processes: int, progress: Progress = lambda step, done: None
) -> dict[str, Any]:
    """Make a book, bill it, and write the same rows again as the floor; returns rates, their ratio, and memory.

    Everything happens in a database of its own, which is dropped afterwards.
    """
    with scratch_database("kalends_bench"):
        with database.connect(autocommit=True) as db:
            ctx = make_book(db, subscriptions, lambda made: progress("making the book", made))
        _settle_tables()
        progress("billing", 0)
        billed = _in_processes(_bill, ctx.id, processes)
        with _owner(ctx.id) as owner:
            floor.make_bare_tables(owner, ctx.id)
        progress("writing the floor", 0)
        _settle_tables()
        written = _in_processes(_write_floor, ctx.id, processes)
    rate, floor_rate = billed["count"] / billed["seconds"], written["count"] / written["seconds"]
    return {
        "subscriptions": billed["count"],
        "processes": processes,
        "subscriptions_per_second": round(rate),
        "floor_per_second": round(floor_rate),
        "ratio": round(rate / floor_rate, 3),
        "peak_rss_mb": billed["peak_rss_mb"],
    }


def _settle_tables() -> None:
    """Let the planner know the tables, as it does on an installation that has run for an hour."""
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


@contextmanager
def _owner(account_id: int) -> Iterator[Any]:
    with database.connect(as_owner=True, autocommit=True) as owner:
        enter_account(owner, account_id)
        yield owner


def _in_processes(job: Job, account_id: int, processes: int) -> dict[str, Any]:
    """Run a job in processes that start at the same moment; the time counts until the last has finished."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    results = context.SimpleQueue()
    environment = database.environment_for_children()
    running = [
        context.Process(
            target=_child, args=(job, environment, account_id, number, processes, barrier, results)
        )
        for number in range(processes)
    ]
    for process in running:
        process.start()
    for process in running:
        process.join()
    if any(process.exitcode for process in running):
        raise RuntimeError("A process of the measurement failed; what it said stands above.")
    parts = [results.get() for _ in running]
    return {
        "count": sum(part["count"] for part in parts),
        "seconds": max(part["ended"] for part in parts) - min(part["began"] for part in parts),
        "peak_rss_mb": max(part["peak_rss_mb"] for part in parts),
    }


def _child(
    job: Job,
    environment: Mapping[str, str],
    account_id: int,
    number: int,
    processes: int,
    barrier: Barrier,
    results: Any,
) -> None:
    os.environ.update(environment)
    database.open_database(open_home())
    barrier.wait(START_TIMEOUT_SECONDS)
    began = time.monotonic()
    with no_garbage_collection():
        count = job(account_id, number, processes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    results.put({"count": count, "began": began, "ended": time.monotonic(), "peak_rss_mb": peak})


def _bill(account_id: int, number: int, processes: int) -> int:  # noqa: ARG001
    with database.connect(autocommit=True) as db:
        enter_account(db, account_id)
        ctx = replace(load_context(db, account_id, system_now=DUE_AT), now=DUE_AT)
        result = RunResult()
        bill_everything_due(db, ctx, result, size=BLOCK_SIZE, catch_up=False, progress=lambda so_far: None)
    return result.invoiced


def _write_floor(account_id: int, number: int, processes: int) -> int:
    with _owner(account_id) as owner:
        rows = owner.execute(
            "SELECT id FROM invoice WHERE account_id = %s ORDER BY id", [account_id]
        ).fetchall()
        ids = [row[0] for row in rows]
        mine = ids[len(ids) * number // processes : len(ids) * (number + 1) // processes]
        for start in range(0, len(mine), BLOCK_SIZE):
            floor.copy_block(owner, account_id, mine[start : start + BLOCK_SIZE])
    return len(mine)
