"""What must have happened once happened once: asked of the tables themselves, whatever keys they have.

These questions do not trust the unique keys of the database, which is what they are there to watch.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import psycopg

from kalends.core.money import format_minor
from kalends.proving.findings import Finding

Db = psycopg.Connection[Any]


class Since(NamedTuple):
    """An account, and the moment from which on its copy was billed."""

    account: int
    began: datetime


_INVOICES_TWICE: LiteralString = """
    SELECT subscription_id, cycle, reason, count(*) AS made
    FROM invoice
    WHERE account_id = %(account)s AND subscription_id IS NOT NULL AND cycle IS NOT NULL
    GROUP BY subscription_id, cycle, reason
    HAVING count(*) > 1
    ORDER BY subscription_id, cycle
"""
_CHARGED_TOO_MUCH: LiteralString = """
    WITH charged AS (
        SELECT (metadata ->> 'invoice_id')::bigint AS invoice_id, count(*) AS charges, sum(amount_minor) AS amount
        FROM sandbox_charge
        WHERE account_id = %(account)s AND status = 'succeeded' AND metadata ? 'invoice_id' AND created_at >= %(began)s
        GROUP BY 1
    )
    SELECT coalesce(invoice.number, 'without a number'), invoice.currency, charged.charges, charged.amount::bigint,
        invoice.total_minor
    FROM charged
    JOIN invoice ON invoice.account_id = %(account)s AND invoice.id = charged.invoice_id
    WHERE charged.amount > invoice.total_minor
    ORDER BY 1
"""
_CHARGED_FOR_NOTHING: LiteralString = """
    SELECT c.reference, c.amount_minor, c.currency
    FROM sandbox_charge AS c
    WHERE c.account_id = %(account)s AND c.status = 'succeeded' AND c.metadata ? 'invoice_id'
        AND c.created_at >= %(began)s
        AND NOT EXISTS (
            SELECT FROM invoice AS i
            WHERE i.account_id = %(account)s AND i.id = (c.metadata ->> 'invoice_id')::bigint
        )
"""
_LETTERS_TWICE: LiteralString = """
    SELECT kind, object_id, recipient, count(*) AS decided
    FROM message
    WHERE account_id = %(account)s
    GROUP BY kind, object_id, occasion, recipient
    HAVING count(*) > 1
"""
_HALF_DONE: LiteralString = """
    SELECT 'A charge of an invoice has no outcome' AS what, count(*) FROM charge_attempt
    WHERE account_id = %(account)s AND status IN ('intended', 'sent')
    UNION ALL
    SELECT 'A letter was begun and not ended', count(*) FROM message
    WHERE account_id = %(account)s AND status = 'sending'
    UNION ALL
    SELECT 'A letter was decided on and not sent', count(*) FROM message
    WHERE account_id = %(account)s AND status = 'queued'
    UNION ALL
    SELECT 'A checkout waits for its payment', count(*) FROM checkout_charge
    WHERE account_id = %(account)s AND status IN ('intended', 'sent')
    UNION ALL
    SELECT 'A refund has no outcome', count(*) FROM refund
    WHERE account_id = %(account)s AND status IN ('intended', 'sent')
"""


def invoices_once(db: Db, since: Since) -> Finding:
    """One invoice for each cycle of each subscription, and reason."""
    finding = Finding("invoice once", "Was each billing cycle invoiced no more than once?", "invoices")
    finding.looked_at = _count(db, "invoice", since.account)
    for subscription, cycle, reason, made in _rows(db, _INVOICES_TWICE, since):
        finding.add(f"Cycle {cycle + 1} of subscription {subscription} ({reason}) has {made} invoices.")
    return finding


def charges_once(db: Db, since: Since) -> Finding:
    """By the processor's own book: no invoice was charged for more than it is, and nothing without an invoice."""
    finding = Finding(
        "charge once",
        "Was each invoice charged no more than once, by the payment processor's own book?",
        "charges",
    )
    finding.looked_at = _count(db, "sandbox_charge", since.account)
    for number, currency, charges, amount, total in _rows(db, _CHARGED_TOO_MUCH, since):
        took, owed = format_minor(amount, currency), format_minor(total, currency)
        finding.add(f"Invoice {number} of {owed} was charged {charges} times, {took} together.")
    for reference, amount, currency in _rows(db, _CHARGED_FOR_NOTHING, since):
        finding.add(f"Charge {reference} of {format_minor(amount, currency)} is for no invoice of ours.")
    return finding


def letters_once(db: Db, since: Since) -> Finding:
    """One letter for each occasion and reader."""
    finding = Finding("letter once", "Was each letter written once?", "letters")
    finding.looked_at = _count(db, "message", since.account)
    for kind, record, recipient, decided in _rows(db, _LETTERS_TWICE, since):
        finding.add(f"{decided} letters {kind} about record {record} to {recipient}.")
    return finding


def nothing_half_done(db: Db, since: Since, *, quiet: Db | None = None) -> Finding:
    """What was begun has ended, except what has not ended in the quiet copy either."""
    finding = Finding("nothing half done", "Did everything that was begun come to its end?", "kinds of work")
    left = {} if quiet is None else dict(_rows(quiet, _HALF_DONE, since))
    for what, count in _rows(db, _HALF_DONE, since):
        finding.looked_at += 1
        if count > left.get(what, 0):
            finding.add(f"{what}: {count - left.get(what, 0)}.")
    return finding


def _rows(db: Db, query: LiteralString, since: Since) -> list[tuple[Any, ...]]:
    return db.execute(query, since._asdict()).fetchall()


def _count(db: Db, table: LiteralString, account: int) -> int:
    row = db.execute(f"SELECT count(*) FROM {table} WHERE account_id = %s", [account]).fetchone()
    assert row is not None
    return row[0]
