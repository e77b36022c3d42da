"""The books of a copy worked out from first principles, for the report of a proof: before the trouble and after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any

import psycopg

from kalends.accounts.context import AccountContext
from kalends.payments.processors.registry import SANDBOX, AccountProcessors
from kalends.proof.checks import ledger, processor
from kalends.proof.reconcile import reconcile
from kalends.proof.report import Report
from kalends.proof.verify import verify
from kalends.proving.findings import Finding

Db = psycopg.Connection[Any]
Connect = Callable[[], Db]
Enter = Callable[[int], AbstractContextManager[tuple[Db, AccountContext, Connect]]]
"""Enters an account of a copy: a connection, the account at its own moment, and how more connections are opened."""

_LEDGER = frozenset(name for check in ledger.CHECKS for name in check.names)


def as_copied(enter: Enter, accounts: Sequence[int]) -> Finding:
    """Whether the books agreed before anything was billed; what is found here was in the original."""
    finding = Finding(
        "books as copied", "Did the books agree as they were copied, before anything was billed?", "invoices"
    )
    for account in accounts:
        with enter(account) as (db, ctx, connect):
            report = _verified(db, ctx, connect)
        finding.looked_at += report.checked
        _take_over(finding, report, ctx, lambda check: True)
    return finding


def worked_out_again(enter: Enter, accounts: Sequence[int]) -> list[Finding]:
    """Whether the ledger balances, every figure can be worked out again, and the processor's statement agrees."""
    balances = Finding(
        "ledger", "Does the ledger balance, and does it say what the invoices say?", "accounts"
    )
    figures = Finding("figures", "Is every figure what it comes to when it is worked out again?", "invoices")
    statement = Finding(
        "statement", "Does the payment processor's statement agree with the ledger?", "movements"
    )
    for account in accounts:
        with enter(account) as (db, ctx, connect):
            report = _verified(db, ctx, connect)
            balances.looked_at += 1
            figures.looked_at += report.checked
            _take_over(balances, report, ctx, lambda check: check in _LEDGER)
            _take_over(figures, report, ctx, lambda check: check not in _LEDGER | {processor.NAME})
            if _only_sandboxs(db, ctx):
                statement.looked_at += sum(each.rows for each in report.checks if each.name == processor.NAME)
                _take_over(statement, report, ctx, lambda check: check == processor.NAME)
            else:
                _compare_days(statement, db, ctx, connect)
    return [balances, figures, statement]


def _verified(db: Db, ctx: AccountContext, connect: Connect) -> Report:
    if not _only_sandboxs(db, ctx):
        return verify(db, ctx)
    with closing(AccountProcessors(connect, ctx.id)) as processors:
        return verify(db, ctx, processors=processors)


def _only_sandboxs(db: Db, ctx: AccountContext) -> bool:
    """Whether all that was ever paid went through the sandbox processor, so that its statement is there in full."""
    row = db.execute(
        "SELECT FROM payment WHERE account_id = %s AND processor NOT IN ('none', %s) LIMIT 1",
        [ctx.id, SANDBOX],
    ).fetchone()
    return row is None


def _compare_days(finding: Finding, db: Db, ctx: AccountContext, connect: Connect) -> None:
    """Where real processors were at work before the copy was made, what the sandbox processor moved since."""
    row = db.execute("SELECT min(created_at) FROM sandbox_charge WHERE account_id = %s", [ctx.id]).fetchone()
    if row is None or row[0] is None:
        return
    with closing(AccountProcessors(connect, ctx.id)) as processors:
        last = ctx.now.date() - timedelta(days=1)
        done = reconcile(db, ctx, processors, SANDBOX, row[0].date(), last, now=ctx.now)
    finding.looked_at += done.movements
    for sentence in done.found:
        finding.add(f"{ctx.name}: {sentence}")
    finding.wrong += done.differences - len(done.found)


def _take_over(finding: Finding, report: Report, ctx: AccountContext, wanted: Callable[[str], bool]) -> None:
    for difference in report.differences:
        if wanted(difference.check):
            finding.add(f"{ctx.name}: {difference}")
    kept = sum(wanted(difference.check) for difference in report.differences)
    finding.wrong += sum(check.found for check in report.checks if wanted(check.name)) - kept
