"""A ledger that is wrong."""

from tests.business.proof.breaks.making import FIRST, LAST, broken, delete, of_invoice, of_ledger, of_payment

LEDGER = (
    broken(
        "an invoice that was not posted",
        "ledger postings",
        "Posting invoice_issued (leg 2)",
        "posting is nowhere",
        delete("ledger_transfer", f"document_id = {FIRST.format('mona')} AND leg = 2"),
    ),
    broken(
        "a settlement that was posted twice",
        "ledger postings",
        "Posting payment_settled",
        "no invoice or charge explains it",
        "INSERT INTO ledger_transfer (account_id, document_id, posting, occasion, leg, posted_on, debit, credit, "
        "currency, amount_minor, invoice_id, payment_id) "
        "SELECT account_id, document_id, posting, occasion + 9, leg, posted_on, debit, credit, currency, amount_minor, "
        f"invoice_id, payment_id FROM ledger_transfer WHERE account_id = %(account)s AND posting = 'payment_settled' "
        f"AND invoice_id = {FIRST.format('kari')}",
    ),
    broken(
        "a posting of a document that does not exist",
        "ledger postings",
        "Posting invoice_issued (leg 1) of invoice unknown",
        "no invoice or charge explains it",
        "INSERT INTO ledger_transfer (account_id, document_id, posting, occasion, leg, posted_on, debit, credit, "
        "currency, amount_minor) VALUES (%(account)s, 999999999, 'invoice_issued', 0, 1, '2026-01-01', 'receivable', "
        "'revenue', 'EUR', 100)",
    ),
    broken(
        "an amount in the ledger",
        "ledger postings",
        "Posting invoice_issued (leg 1)",
        "amount is 0.01 EUR",
        of_ledger("mona", "amount_minor = 1", "leg = 1 AND posting = 'invoice_issued'"),
    ),
    broken(
        "the wrong account",
        "ledger postings",
        "Posting invoice_issued (leg 2)",
        "credited account is revenue",
        of_ledger("mona", "credit = 'revenue'", "leg = 2 AND posting = 'invoice_issued'"),
    ),
    broken(
        "the wrong side",
        "ledger postings",
        "Posting invoice_issued (leg 2)",
        "debited account is bank",
        of_ledger("mona", "debit = 'bank'", "leg = 2 AND posting = 'invoice_issued'"),
    ),
    broken(
        "a posting in another currency",
        "ledger postings",
        "Posting invoice_issued (leg 1)",
        "currency is NOK",
        of_ledger("mona", "currency = 'NOK'", "leg = 1 AND posting = 'invoice_issued'"),
    ),
    broken(
        "a posting on another day",
        "ledger postings",
        "Posting invoice_issued (leg 1)",
        "day is 2026-01-02, but should be 2026-01-01",
        of_ledger("mona", "posted_on = '2026-01-02'", "leg = 1 AND posting = 'invoice_issued'"),
    ),
    broken(
        "a settlement on another day",
        "ledger postings",
        "Posting payment_settled",
        "day is 2026-02-01",
        of_ledger("kari", "posted_on = '2026-02-01'", "posting = 'payment_settled'"),
    ),
    broken(
        "a debit that came back on another day",
        "ledger postings",
        "Posting payment_failed",
        "day is 2026-04-15",
        of_ledger("bert", "posted_on = '2026-04-15'", "posting = 'payment_failed'"),
    ),
    broken(
        "a submission that was not posted",
        "ledger postings",
        "Posting payment_pending",
        "posting is nowhere",
        of_ledger("sven", "document_id = 0", "posting = 'payment_pending'"),
    ),
    broken(
        "a fee that was not posted",
        "ledger postings",
        "Posting payment_settled (leg 2)",
        "posting is nowhere",
        delete("ledger_transfer", f"invoice_id = {FIRST.format('kari')} AND debit = 'processing_fees'"),
    ),
    broken(
        "a fee that was not written on the payment",
        "ledger postings",
        "Posting payment_settled (leg 2)",
        "amount is",
        of_payment("kari", "fee_minor = fee_minor + 1"),
    ),
    broken(
        "a posting to another invoice",
        "ledger postings",
        "Posting payment_settled",
        "invoice is",
        of_ledger("kari", f"invoice_id = {FIRST.format('fred')}", "posting = 'payment_settled'"),
    ),
    broken(
        "a posting to another payment",
        "ledger postings",
        "Posting payment_settled",
        "payment is",
        of_ledger("kari", "payment_id = payment_id + 1", "posting = 'payment_settled'"),
    ),
    broken(
        "a claim that the invoice does not know",
        "ledger claims",
        "Invoice INV-",
        "balance due is 50.00 EUR, but should be 80.00 EUR",
        of_ledger("olga", "credit = 'revenue'", "posting = 'payment_recorded'"),
    ),
    broken(
        "a debit under way that the ledger does not know",
        "ledger claims",
        "Invoice INV-",
        "amount being collected is 100.00 EUR",
        delete("ledger_transfer", f"invoice_id = {LAST.format('sven')} AND posting = 'payment_pending'"),
    ),
    broken(
        "a receivable",
        "ledger balances",
        "Ledger account receivable in EUR",
        "balance is",
        of_ledger("mona", "amount_minor = 1", "leg = 1 AND posting = 'invoice_issued'"),
    ),
    broken(
        "tax",
        "ledger balances",
        "Ledger account tax_payable in EUR",
        "balance is",
        of_invoice("mona", "tax_minor = tax_minor + 1, subtotal_minor = subtotal_minor - 1"),
    ),
    broken(
        "what the processor holds",
        "ledger balances",
        "Ledger account processor_balance in EUR",
        "balance is",
        delete("ledger_transfer", f"invoice_id = {FIRST.format('kari')} AND debit = 'processing_fees'"),
    ),
    broken(
        "what is under way",
        "ledger balances",
        "Ledger account payments_in_transit in EUR",
        "balance is",
        delete("ledger_transfer", f"invoice_id = {LAST.format('sven')} AND posting = 'payment_pending'"),
    ),
    broken(
        "what came by bank",
        "ledger balances",
        "Ledger account bank in EUR",
        "balance is",
        of_ledger("mona", "debit = 'processor_balance'", "posting = 'payment_recorded'"),
    ),
    broken(
        "refunds that nobody gave",
        "ledger balances",
        "Ledger account refunds in EUR",
        "balance is",
        of_ledger("mona", "debit = 'refunds'", "posting = 'payment_recorded'"),
    ),
    broken(
        "an account that is not on the chart",
        "ledger balances",
        "Ledger in EUR",
        "sum of debits less credits is",
        of_ledger("mona", "debit = 'petty_cash'", "posting = 'payment_recorded'"),
    ),
)
