"""Payments: what each attempt to charge came to, what was given back or disputed, and what invoices say was paid."""

from kalends.proof.run import by_sql

CHECKS = (
    by_sql(
        "payment attempts",
        "Each payment says what its charges, refunds and dispute say, and none succeeded twice.",
        "payment_attempts",
        "payment",
        "charge_attempt",
    ),
    by_sql(
        "refunds",
        "Each refund is one of a payment that had settled, counted without a hole, with an outcome that is whole.",
        "refunds",
        "refund",
    ),
    by_sql(
        "disputes",
        "Each dispute is about no more than its payment, with days and a decision that fit each other.",
        "disputes",
        "dispute",
    ),
    by_sql(
        "invoice payments",
        "What an invoice says was paid, credited and given back is so, and never more than was billed.",
        "invoice_payments",
        "invoice",
        "payment",
    ),
)
