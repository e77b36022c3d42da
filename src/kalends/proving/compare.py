"""Two copies of the same books, one billed in peace and one in trouble: what must be the same in both is compared.

Invoices are known by subscription, cycle and reason, since records that are made in another order have other numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, LiteralString

import psycopg

from kalends.core.money import format_minor
from kalends.proving.findings import Finding
from kalends.proving.once import Since

Db = psycopg.Connection[Any]
Row = tuple[Any, ...]

_INVOICES: LiteralString = """
    SELECT subscription_id, cycle, reason, currency, total_minor, tax_minor, discount_minor, invoice_date, due_date,
        period_start, period_end, status = 'voided'
    FROM invoice
    WHERE account_id = %(account)s AND subscription_id IS NOT NULL AND cycle IS NOT NULL
"""
_PAYMENTS: LiteralString = """
    SELECT coalesce(contact_id, 0), currency, status, count(*), sum(amount_minor)::bigint
    FROM payment
    WHERE account_id = %(account)s
    GROUP BY 1, 2, 3
"""
_LETTERS: LiteralString = "SELECT kind, count(*) FROM message WHERE account_id = %(account)s GROUP BY kind"
_SCHEDULES: LiteralString = """
    SELECT id, status, next_cycle, next_due_date, next_amount_minor FROM subscription WHERE account_id = %(account)s
"""


def same_invoices(quiet: Db, troubled: Db, since: Since) -> Finding:
    """The same invoices, to the cent and to the day."""
    finding = Finding(
        "same invoices",
        "Are the invoices the same, to the cent and the day, as without any trouble?",
        "invoices",
    )
    return _compare(finding, _invoices(quiet, since), _invoices(troubled, since), _invoice_in_words)


def same_money(quiet: Db, troubled: Db, since: Since) -> Finding:
    """From every customer the same was collected."""
    finding = Finding(
        "same money",
        "Was the same collected from every customer as without any trouble?",
        "customers' totals",
    )
    return _compare(
        finding,
        {tuple(row[:3]): tuple(row[3:]) for row in _rows(quiet, _PAYMENTS, since)},
        {tuple(row[:3]): tuple(row[3:]) for row in _rows(troubled, _PAYMENTS, since)},
        lambda key, row: f"customer {key[0]}: {row[0]} payments {key[2]}, {format_minor(row[1], key[1])}",
    )


def same_letters(quiet: Db, troubled: Db, since: Since) -> Finding:
    """As many letters of each kind."""
    finding = Finding("same letters", "Were as many letters of each kind written?", "kinds of letters")
    return _compare(
        finding,
        {(kind,): (count,) for kind, count in _rows(quiet, _LETTERS, since)},
        {(kind,): (count,) for kind, count in _rows(troubled, _LETTERS, since)},
        lambda key, row: f"{row[0]:,} letters {key[0]}",
    )


def same_schedules(quiet: Db, troubled: Db, since: Since) -> Finding:
    """Every subscription stands where it would."""
    finding = Finding(
        "same schedules",
        "Does every subscription stand where it would, with the same next payment?",
        "subscriptions",
    )
    return _compare(
        finding,
        {(id_,): tuple(rest) for id_, *rest in _rows(quiet, _SCHEDULES, since)},
        {(id_,): tuple(rest) for id_, *rest in _rows(troubled, _SCHEDULES, since)},
        lambda key, row: f"subscription {key[0]}: {row[0]}, cycle {row[1] + 1} due {row[2] or 'never'}",
    )


def _compare(
    finding: Finding, quiet: Mapping[Row, Row], troubled: Mapping[Row, Row], words: Callable[[Row, Row], str]
) -> Finding:
    keys = {**quiet, **troubled}
    finding.looked_at = len(keys)
    for key in keys:
        if quiet.get(key) != troubled.get(key):
            told = [
                f"{which}: {words(key, rows[key]) if key in rows else 'nothing'}"
                for which, rows in (("in peace", quiet), ("in trouble", troubled))
            ]
            finding.add("; ".join(told))
    return finding


def _invoices(db: Db, since: Since) -> dict[Row, Row]:
    return {tuple(row[:3]): tuple(row[3:]) for row in _rows(db, _INVOICES, since)}


def _invoice_in_words(key: Row, row: Row) -> str:
    subscription, cycle, reason = key
    currency, total, tax = row[:3]
    amount = f"{format_minor(total, currency)} (tax {format_minor(tax, currency)}) of {row[4]}"
    return f"cycle {cycle + 1} of subscription {subscription} ({reason}): {amount}"


def _rows(db: Db, query: LiteralString, since: Since) -> list[Row]:
    return db.execute(query, since._asdict()).fetchall()
