"""How many charges a second are collected through a processor that takes its time, beside the bare waiting for it.

The processor answers every call after the same time and knows nothing else: one charge a call, some calls at once, as
with Stripe. The floor is as many threads that wait as often and do nothing. Beside it stands what writing the rows that
came of it takes, into bare tables: who wrote while they wait would need no more than the longer of the two.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.bench.bare import make_bare_tables, write_again
from kalends.bench.book import DUE_AT, make_book
from kalends.bench.measure import Meter, Progress, beside, settle_tables
from kalends.billing.block import BLOCK_SIZE
from kalends.billing.run import RunResult, bill_everything_due, no_garbage_collection
from kalends.payments.collect import Collected, collect
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, Processor
from kalends.platform import database
from kalends.platform.scratch import scratch_database

_TABLES = {
    "charge_attempt": "",
    "payment": "",
    "invoice": "AND collection = 'automatic'",
    "subscription": "AND collection = 'automatic'",
    "ledger_transfer": "AND payment_id IS NOT NULL",
    "event": "AND kind LIKE 'payment.%%'",
    "message": "AND kind = 'receipt'",
}
"""What an answer is written into, and which rows of it: the others are those of billing."""


class SlowProcessor:
    """A processor whose every answer takes the same time, and is that the money came."""

    name = "sandbox"
    batch_size = 1

    def __init__(self, latency_seconds: float, concurrency: int) -> None:
        self.concurrency = concurrency
        self._latency = latency_seconds

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        """Wait, and say that all of them succeeded."""
        time.sleep(self._latency)
        return [
            ChargeOutcome(
                each.idempotency_key, "succeeded", f"slow-{each.metadata['payment_id']}", fee_minor=35
            )
            for each in requests
        ]


def bench_collecting(
    charges: int, latency_ms: int, concurrency: int, progress: Progress = lambda step, done: None
) -> dict[str, Any]:
    """Make a book, bill it, and collect; returns the figures beside those of waiting alone.

    Everything happens in a database of its own, which is dropped afterwards.
    """
    slow = SlowProcessor(latency_ms / 1000, concurrency)
    meter = Meter()
    with scratch_database("kalends_bench"), database.connect(autocommit=True) as db:
        ctx = make_book(db, 2 * charges, lambda made: progress("making the book", made // 2))
        ctx = replace(ctx, now=DUE_AT)
        enter_account(db, ctx.id)
        with no_garbage_collection():
            bill_everything_due(
                db, ctx, RunResult(), size=BLOCK_SIZE, catch_up=False, progress=lambda so_far: None
            )
        settle_tables()
        with meter.running():
            collected = _collect(db, ctx, slow, progress)
        assert collected.succeeded == charges, f"{collected.succeeded} succeeded instead of {charges}"
        progress("waiting alone", 0)
        waited = _wait(charges, latency_ms / 1000, concurrency)
        progress("writing the same rows", 0)
        written = _write(ctx)
    return {
        "charges": charges,
        "latency_ms": latency_ms,
        "calls_at_once": concurrency,
        **beside(charges, meter.wall, waited, meter),
        "bare_writes_seconds": round(written, 2),
    }


def _collect(db: Connection[Any], ctx: AccountContext, slow: SlowProcessor, progress: Progress) -> Collected:
    def goes_on(so_far: Collected) -> bool:
        progress("collecting", so_far.succeeded)
        return True

    with no_garbage_collection():
        return collect(db, ctx, lambda name: cast("Processor", slow), goes_on=goes_on)


def _wait(calls: int, seconds: float, at_once: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        for _ in pool.map(lambda _: time.sleep(seconds), range(calls)):
            pass
    return time.perf_counter() - began


def _write(ctx: AccountContext) -> float:
    with database.connect(as_owner=True, autocommit=True) as owner:
        enter_account(owner, ctx.id)
        make_bare_tables(owner, list(_TABLES))
        return write_again(owner, ctx.id, _TABLES)
