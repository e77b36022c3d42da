"""Books that differ from the processor's."""

from tests.business.proof.breaks.making import FIRST, broken, delete, of_attempt, of_ledger, of_payment

STATEMENTS = (
    broken(
        "a charge of which our books know nothing",
        "processor statements",
        "Charge",
        "should be a charge of one of our invoices",
        delete("charge_attempt", f"invoice_id = {FIRST.format('kari')}"),
    ),
    broken(
        "a settlement that was never booked",
        "processor statements",
        "Charge",
        "amount in the ledger is 0.00 EUR, but should be 27.01 EUR",
        delete("ledger_transfer", f"invoice_id = {FIRST.format('kari')} AND posting = 'payment_settled'"),
    ),
    broken(
        "a fee that is not the processor's",
        "processor statements",
        "Charge",
        "fee in the ledger is 0.01 EUR",
        of_ledger("kari", "amount_minor = 1", "debit = 'processing_fees'"),
    ),
    broken(
        "a settlement that the processor denies",
        "processor statements",
        "Charge 1 of invoice INV-",
        "should be failed, as the processor says",
        of_attempt("bert", "status = 'succeeded'"),
        of_payment("bert", "status = 'succeeded'"),
        of_ledger(
            "bert",
            "posting = 'payment_settled', debit = 'processor_balance', credit = 'receivable'",
            "posting = 'payment_failed'",
        ),
    ),
    broken(
        "a part of a checkout's charge that was never booked",
        "processor statements",
        "Charge",
        "amount in the ledger is 3.45 EUR, but should be 64.70 EUR",
        delete("ledger_transfer", f"invoice_id = {FIRST.format('bea')} AND posting = 'payment_settled'"),
    ),
)
