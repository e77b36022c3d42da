"""What `kalends verify` costs an invoice, beside the server's handing over of every row that it reads.

The floor is one COPY of each of the account's tables to a reader that throws all of it away: no proof can do with less,
since each row has to be looked at. A proof reads the largest of them several times, joins them, and works each invoice
out again in fractions.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.bench.bare import read_through
from kalends.bench.book import DUE_AT, make_book
from kalends.bench.measure import Meter, Progress, beside, settle_tables
from kalends.billing.clock import advance
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.scratch import scratch_database
from kalends.proof.run import COUNTED
from kalends.proof.verify import verify

_MONTH = timedelta(days=31)


def bench_proving(
    subscriptions: int, months: int, progress: Progress = lambda step, done: None
) -> dict[str, Any]:
    """Let a book live through some months, and prove it; returns the figures beside those of reading alone.

    Everything happens in a database of its own, which is dropped afterwards.
    """
    with scratch_database("kalends_bench"), database.connect(autocommit=True) as db:
        ctx = make_book(db, subscriptions, lambda made: progress("making the book", made))
        enter_account(db, ctx.id)
        settle_tables()
        processors = AccountProcessors(database.connect, ctx.id)
        try:
            ctx, _ = advance(
                db,
                ctx,
                processors,
                DUE_AT + _MONTH * (months - 1) + timedelta(hours=1),
                tick=lambda _, result: progress("living", result.invoiced),
            )
            settle_tables()
            return _measure(db, replace(ctx), processors, subscriptions * months, progress)
        finally:
            processors.close()


def _measure(
    db: Connection[Any], ctx: AccountContext, processors: AccountProcessors, invoices: int, progress: Progress
) -> dict[str, Any]:
    with database.connect(as_owner=True, autocommit=True) as owner:
        enter_account(owner, ctx.id)
        progress("reading alone", 0)
        read_through(owner, ctx.id, COUNTED)
        before, size = read_through(owner, ctx.id, COUNTED)
        meter = Meter()
        with meter.running():
            report = verify(
                db, ctx, processors=processors, progress=lambda step: progress(step.check, step.done)
            )
        assert report.clean, [str(each) for each in report.differences[:5]]
        assert report.checked == invoices, f"{report.checked} invoices instead of {invoices}"
        after, _ = read_through(owner, ctx.id, COUNTED)
    return {
        "invoices": report.checked,
        "checks": len(report.checks),
        "bytes_read": size,
        **beside(report.checked, meter.wall, (before + after) / 2, meter),
    }
