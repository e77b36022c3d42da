"""Proving the books: every invoice, balance, total and property is worked out again and compared.

The arithmetic is that of :mod:`kalends.proof.oracle`, which shares no rule with the billing path; joins and sums
are SQL of its own. A proof reads one snapshot, writes nothing, and its memory does not grow with the books.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.pq import TransactionStatus

from kalends.accounts.context import AccountContext
from kalends.payments.collect import Processors
from kalends.proof.checks import (
    checkouts,
    credit,
    invoices,
    ledger,
    payments,
    processor,
    prorations,
    references,
    revenue,
    subscriptions,
)
from kalends.proof.report import CheckMade, Report
from kalends.proof.run import Check, Progress, Proof, Step

CHECKS: tuple[Check, ...] = (
    *references.CHECKS,
    *invoices.CHECKS,
    *prorations.CHECKS,
    *subscriptions.CHECKS,
    *revenue.CHECKS,
    *payments.CHECKS,
    *checkouts.CHECKS,
    *credit.CHECKS,
    *ledger.CHECKS,
    *processor.CHECKS,
)
"""Every check there is, in the order in which they are made."""


def verify(
    db: Connection[Any],
    ctx: AccountContext,
    *,
    processors: Processors | None = None,
    progress: Progress = lambda step: None,
    sparing: bool = False,
) -> Report:
    """Work out the account's books from first principles and report every difference.

    With ``processors`` the ledger is compared with their statements as well. ``db`` works in the account.
    ``sparing`` the server, it uses one of its processes and no more. Whatever ``progress`` raises ends the proof.
    """
    report = Report()
    proof = Proof(db, ctx, processors, report, progress)
    with _snapshot(db, sparing=sparing):
        proof.count_tables()
        report.checked = proof.counts["invoice"]
        for check in CHECKS:
            made = {name: CheckMade(name, about) for name, about in check.names.items()}
            report.checks += made.values()
            for name in made:
                progress(Step(name, 0, report.checked))
            check.run(proof, made)
    return report


@contextmanager
def _snapshot(db: Connection[Any], *, sparing: bool) -> Iterator[None]:
    """One unchanging view of the database, and plans for reading all of it, not for the first rows soon.

    Nested loops are a mistake here that is easily made: where a block has just been written, the planner has no
    statistics, takes tables for small, and looks up millions of rows one by one. Measured: minutes instead of seconds.
    The transaction is rolled back, since a proof writes nothing and its settings must not outlive it.
    """
    fresh = db.info.transaction_status == TransactionStatus.IDLE
    with db.transaction(force_rollback=True):
        if fresh:
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        db.execute("SET LOCAL cursor_tuple_fraction = 1")
        db.execute("SET LOCAL enable_nestloop = off")
        db.execute("SET LOCAL work_mem = '64MB'")
        db.execute("SET LOCAL jit = off")
        if sparing:
            db.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        yield
