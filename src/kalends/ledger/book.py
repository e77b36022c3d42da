"""Writing into the ledger."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.sql import arrays, load
from kalends.core.postings import Transfer


class Entry(NamedTuple):
    """A posting of one document: what moved, when, and for which invoice and payment."""

    document_id: int
    occasion: int
    posted_on: date
    currency: str
    transfers: Sequence[Transfer]
    invoice_id: int | None = None
    payment_id: int | None = None


COLUMNS = "documents postings occasions legs days debits credits currencies amounts invoices payments".split()


def post(db: Connection[Any], account_id: int, entries: Sequence[Entry]) -> None:
    """Write the entries. A document that is posted twice for the same occasion violates the effect's key."""
    rows = [
        (
            entry.document_id,
            transfer.posting,
            entry.occasion,
            transfer.leg,
            entry.posted_on,
            transfer.debit,
            transfer.credit,
            entry.currency,
            transfer.amount_minor,
            entry.invoice_id,
            entry.payment_id,
        )
        for entry in entries
        for transfer in entry.transfers
    ]
    if rows:
        db.execute(load("kalends.ledger", "post"), {"account_id": account_id, **arrays(COLUMNS, rows)})
