"""The ledger: every posting has a document, every document its postings, and every balance its reason."""

from kalends.proof.run import by_sql

CHECKS = (
    by_sql(
        "ledger postings",
        "Each invoice, charge, refund, dispute and credit posted exactly what it had to, once, and nothing else did.",
        "ledger_postings",
        "ledger_transfer",
    ),
    by_sql(
        "ledger claims",
        "What an invoice still owes, and what of it is being collected, is what the ledger says.",
        "ledger_claims",
        "invoice",
        "ledger_transfer",
    ),
    by_sql(
        "ledger balances",
        "Per currency debits equal credits, and each ledger account equals the sum of its documents.",
        "ledger_totals",
        "ledger_transfer",
    ),
)
