"""How many subscriptions a second are billed, beside the floor of the same machine in the same minute.

Each process is one of its own, as on a real installation: it claims blocks until nothing is due.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from typing import Any

from kalends.accounts.context import load_context
from kalends.accounts.sql import enter_account
from kalends.bench import floor
from kalends.bench.book import DUE_AT, make_book
from kalends.bench.measure import Meter, Progress, beside, peak_rss_mb, settle_tables
from kalends.billing.block import BLOCK_SIZE
from kalends.billing.run import RunResult, bill_everything_due, no_garbage_collection
from kalends.platform import database
from kalends.platform.home import open_home
from kalends.platform.scratch import scratch_database

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
        settle_tables()
        progress("billing", 0)
        billed = _in_processes(_bill, ctx.id, processes)
        with _owner(ctx.id) as owner:
            floor.make_floor(owner, ctx.id)
        progress("writing the floor", 0)
        settle_tables()
        written = _in_processes(_write_floor, ctx.id, processes)
    figures = beside(billed["count"], billed["seconds"], written["seconds"], Meter())
    return {"processes": processes, **figures, "peak_rss_mb": billed["peak_rss_mb"], "spent": billed["spent"]}


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
        "spent": _spent([part["meter"] for part in parts]),
    }


def _spent(meters: Sequence[Meter]) -> dict[str, Any]:
    """Where the time of all processes went; each of them saw all that the server did."""
    whole = max(meters, key=lambda meter: meter.wall)
    return replace(whole, here=sum(meter.here for meter in meters)).told(len(meters))


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
    began, meter = time.monotonic(), Meter()
    with no_garbage_collection(), meter.running():
        count = job(account_id, number, processes)
    results.put(
        {
            "count": count,
            "began": began,
            "ended": time.monotonic(),
            "peak_rss_mb": round(peak_rss_mb()),
            "meter": meter,
        }
    )


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
