"""Everything that can go wrong in a book, one thing at a time."""

from tests.business.proof.breaks import (
    disputes,
    invoices,
    ledger,
    payments,
    refunds,
    rows,
    statements,
    subscriptions,
)
from tests.business.proof.breaks.making import Break

__all__ = ["ALL", "Break"]

ALL = (
    *invoices.INVOICES,
    *subscriptions.SUBSCRIPTIONS,
    *payments.PAYMENTS,
    *refunds.REFUNDS,
    *disputes.DISPUTES,
    *ledger.LEDGER,
    *rows.ROWS,
    *statements.STATEMENTS,
)
