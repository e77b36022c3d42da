"""What an invoice's PDF costs, beside the typesetter alone.

The floor is typst's own compilation of the same sheet with the same fonts and the same promise of being archivable.
What Kalends adds is reading the invoice, its lines, its buyer and its letterhead, and putting all of it into words. The
two take turns, each with documents of its own: typst remembers what it has laid out a moment ago.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from statistics import median
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.bench.book import DUE_AT, make_book
from kalends.bench.measure import Meter, Progress, beside, settle_tables, typical
from kalends.billing.block import BLOCK_SIZE
from kalends.billing.run import RunResult, bill_everything_due
from kalends.documents.invoice import read_invoice
from kalends.documents.sheet import sheet
from kalends.documents.typeset import pdf, typeset
from kalends.platform import database
from kalends.platform.scratch import scratch_database

WARM_UP = 3


def bench_documents(documents: int, progress: Progress = lambda step, done: None) -> dict[str, Any]:
    """Bill a book and make the PDF of each invoice; returns figures of Kalends and of the typesetter alone.

    Everything happens in a database of its own, which is dropped afterwards.
    """
    meter = Meter()
    made: list[float] = []
    floor: list[float] = []
    size = 0
    with scratch_database("kalends_bench"), database.connect(autocommit=True) as db:
        ctx = replace(make_book(db, 2 * (2 * documents + WARM_UP)), now=DUE_AT)
        enter_account(db, ctx.id)
        bill_everything_due(
            db, ctx, RunResult(), size=BLOCK_SIZE, catch_up=False, progress=lambda so_far: None
        )
        settle_tables()
        ids = iter(_invoices(db, ctx))
        for id_ in islice(ids, WARM_UP):
            assert pdf(read_invoice(db, ctx, id_)) == typeset(sheet(read_invoice(db, ctx, id_)))
        for ours, other in zip(ids, ids, strict=True):
            with meter.running():
                size += len(pdf(read_invoice(db, ctx, ours)))
            made.append(meter.last)
            page = sheet(read_invoice(db, ctx, other))
            began = time.perf_counter()
            typeset(page)
            floor.append(time.perf_counter() - began)
            progress("typesetting", len(made))
    return {
        "documents": documents,
        **beside(documents, sum(made), sum(floor), meter),
        "ours": typical(made),
        "typst": typical(floor),
        "bytes": round(size / documents),
        "p50_over_typst_ms": round((median(made) - median(floor)) * 1000, 2),
    }


def _invoices(db: Connection[Any], ctx: AccountContext) -> list[int]:
    """Those that wait to be paid: their page shows where, and a code to be photographed."""
    rows = db.execute(
        "SELECT id FROM invoice WHERE account_id = %s AND collection = 'manual' ORDER BY id", [ctx.id]
    ).fetchall()
    return [row[0] for row in rows]
