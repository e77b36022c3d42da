"""Payments: what each attempt to charge came to, and what invoices say was paid."""

from kalends.proof.run import by_sql

CHECKS = (
    by_sql(
        "payment attempts",
        "Each payment says what its charge attempts say, and none succeeded twice.",
        "payment_attempts",
        "payment",
        "charge_attempt",
    ),
    by_sql(
        "invoice payments",
        "What an invoice says was paid is what its payments settled, and never more than was billed.",
        "invoice_payments",
        "invoice",
        "payment",
    ),
)
