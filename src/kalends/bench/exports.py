"""What an export costs, beside PostgreSQL's own COPY of the same SELECT in the same run.

The floor is the bare SELECT of the same properties of the same records in the same order, written to a file by
``COPY … TO STDOUT (FORMAT csv)`` through the same driver. What an export adds is words for values, times of the
account's zone, text that no spreadsheet runs, counting, packing, and telling how far it is. The two take turns.
"""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, cast

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.bench.api_book import make_api_book
from kalends.bench.measure import Meter, Progress, beside, peak_rss_mb, settle_tables
from kalends.catalog.registry import get_object
from kalends.exports.files import Target
from kalends.exports.make import context_of, make_file
from kalends.exports.request import Request
from kalends.platform import database
from kalends.platform.scratch import scratch_database
from kalends.query import Filter, compile_filter
from kalends.query.context import Binder
from kalends.query.paging import order_sql, sort_sql

COLUMNS = (
    "hs_name",
    "hs_status",
    "hs_currency_code",
    "hs_mrr",
    "hs_next_payment_amount",
    "hs_next_payment_due_date",
    "hs_recurring_billing_start_date",
    "hs_recurring_billing_end_date",
    "hs_recurring_billing_frequency",
    "hubspot_owner_id",
    "hs_createdate",
    "hs_lastmodifieddate",
    "hs_number_of_completed_payments",
    "hs_collection_process",
    "hs_invoice_creation",
    "hs_last_payment_status",
    "hs_payment_enabled",
    "hs_automatically_email_invoices",
    "hs_object_source_label",
)
"""Nineteen beside the record's number; none of them is looked up in other tables, which would cost both the same."""


def bench_exports(
    subscriptions: int, rounds: int, progress: Progress = lambda step, done: None
) -> dict[str, Any]:
    """Make a book and export it; returns seconds of the export and of the floor, their ratio, sizes and memory.

    Everything happens in a database and a folder of its own, which are thrown away afterwards.
    """
    with (
        scratch_database("kalends_bench"),
        database.connect(autocommit=True) as db,
        TemporaryDirectory(prefix="kalends-bench-") as folder,
    ):
        ctx, _token = make_api_book(db, subscriptions, lambda made: progress("making the book", made))
        settle_tables()
        enter_account(db, ctx.id)
        made: list[float] = []
        floor: list[float] = []
        sizes: dict[str, int] = {}
        before, meter = peak_rss_mb(), Meter()
        for number in range(rounds):
            progress("PostgreSQL's own COPY", 0)
            seconds, sizes["floor_bytes"] = _copy(db, ctx, Path(folder) / "floor.csv")
            floor.append(seconds)
            with meter.running():
                written = make_file(
                    db,
                    ctx,
                    Request(object="subscription", columns=COLUMNS, mark=True),
                    Target(Path(folder), f"export{number}", "subscriptions", ctx.now),
                    lambda so_far: progress("exporting", so_far.rows),
                )
            made.append(meter.last)
            sizes["export_bytes"] = written.made.size
    return {
        "columns": len(COLUMNS) + 1,
        "rounds": rounds,
        **beside(subscriptions, median(made), median(floor), meter),
        **sizes,
        "memory_grown_mb": round(peak_rss_mb() - before, 1),
    }


def _copy(db: Connection[Any], ctx: AccountContext, path: Path) -> tuple[float, int]:
    """The floor: seconds, and bytes of the file."""
    obj = get_object("subscription")
    seen = context_of(ctx, None)
    passing = compile_filter(obj, Filter(), seen)
    binder = Binder(seen)
    binder.params = dict(passing.params)
    reads = ", ".join(binder.read(obj.by_name[name], "t") for name in ("hs_object_id", *COLUMNS))
    key = sort_sql(binder, obj, obj.default_sort, "t")
    order = order_sql(obj, obj.default_sort, key, "t")
    select = f"SELECT {reads} FROM {obj.table} t WHERE {passing.text} ORDER BY {order}"
    began = time.perf_counter()
    with (
        db.transaction(),
        path.open("wb") as file,
        db.cursor() as cursor,
        cursor.copy(cast("Any", f"COPY ({select}) TO STDOUT (FORMAT csv, HEADER)"), binder.params) as copy,
    ):
        for line in copy:
            file.write(line)
    return time.perf_counter() - began, path.stat().st_size
