"""How many invoices a second a real book's years come to, beside the same rows written by one statement for each table.

A replay lives day by day: small blocks, where the number of statements counts as much as that of rows. The floor writes
the very rows that came of it into bare tables, all of a table's at once, which no system that lives day by day could.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from typing import Any

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.bench.bare import make_bare_tables, write_again
from kalends.bench.measure import Meter, Progress, beside, settle_tables
from kalends.imports.replay import replay_telco
from kalends.imports.telco import TelcoCustomer
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.clock import system_now
from kalends.platform.scratch import scratch_database

_TABLES = (
    "contact payment_method subscription line_item invoice payment charge_attempt ledger_transfer event message "
    "revenue_movement"
).split()


def bench_replay(
    book: Sequence[TelcoCustomer], until: date, progress: Progress = lambda step, done: None
) -> dict[str, Any]:
    """Live through a book's years, and write the same rows again; returns the figures of both.

    Everything happens in a database of its own, which is dropped afterwards.
    """
    first = min(customer.start(until) for customer in book)
    meter = Meter()
    with scratch_database("kalends_bench"), ExitStack() as opened:
        db = opened.enter_context(database.connect(autocommit=True))

        def open_processors(ctx: AccountContext) -> AccountProcessors:
            processors = AccountProcessors(database.connect, ctx.id)
            opened.callback(processors.close)
            return processors

        with meter.running():
            replay = replay_telco(
                db,
                book,
                until=until,
                now=system_now(),
                open_processors=open_processors,
                settle_tables=settle_tables,
                progress=lambda day, total: progress(f"living through {day}", total.invoiced),
            )
        progress("writing the same rows", 0)
        with database.connect(as_owner=True, autocommit=True) as owner:
            enter_account(owner, replay.ctx.id)
            make_bare_tables(owner, _TABLES)
            floor = write_again(owner, replay.ctx.id, dict.fromkeys(_TABLES, ""))
    return {
        "customers": len(book),
        "days": (until - first).days,
        "invoices": replay.run.invoiced,
        **beside(replay.run.invoiced, meter.wall, floor, meter),
    }
