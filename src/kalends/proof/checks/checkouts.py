"""Checkouts: what was charged is what was agreed, and what the invoices say the charge paid."""

from kalends.proof.run import by_sql

CHECKS = (
    by_sql(
        "checkouts",
        "Each checkout charged what was agreed, its charge is shared out to the last cent, and uses are counted right.",
        "checkouts",
        "checkout",
    ),
)
