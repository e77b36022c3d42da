"""What an invoice's page reads of credit."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kalends.accounts.sql import load
from kalends.query.context import Cursor


class CreditRow(NamedTuple):
    """A credit note of an invoice; or, without a number, what the customer's own credit paid of it."""

    number: str | None
    day: date
    reason: str
    total_minor: int
    applied_minor: int
    to_balance_minor: int
    currency: str
    id: int


def credit_of_invoice(cursor: Cursor, account_id: int, invoice_id: int) -> list[CreditRow]:
    """What credit did to an invoice, in order."""
    cursor.execute(
        load("kalends.staff", "credit_of_invoice"), {"account_id": account_id, "invoice_id": invoice_id}
    )
    return [CreditRow(*row) for row in cursor.fetchall()]
