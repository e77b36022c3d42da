"""Everything that can go wrong in a book, one thing at a time."""

from tests.business.proof.breaks import (
    checkouts,
    credit,
    disputes,
    invoices,
    ledger,
    payments,
    prorations,
    refunds,
    revenue,
    rows,
    statements,
    subscriptions,
)
from tests.business.proof.breaks.making import Break

__all__ = ["ALL", "Break"]

ALL = (
    *invoices.INVOICES,
    *subscriptions.SUBSCRIPTIONS,
    *revenue.REVENUE,
    *payments.PAYMENTS,
    *refunds.REFUNDS,
    *disputes.DISPUTES,
    *checkouts.CHECKOUTS,
    *credit.CREDIT,
    *prorations.PRORATIONS,
    *ledger.LEDGER,
    *rows.ROWS,
    *statements.STATEMENTS,
)
