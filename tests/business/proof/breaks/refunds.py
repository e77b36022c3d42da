"""Refunds that are wrong, or that others do not know of."""

from tests.business.proof.breaks.making import (
    FIRST,
    LAST,
    broken,
    delete,
    of_first,
    of_invoice,
    of_ledger,
    of_payment,
    of_refund,
    of_subscription,
)

OF_PAYMENTS = (
    broken(
        "a refund that the payment does not count",
        "payment attempts",
        "Payment",
        "amount refunded is 99.99 EUR, but should be 100.00 EUR",
        of_payment("ruth", "refunded_minor = 9999"),
    ),
    broken(
        "a payment that nobody gave back",
        "payment attempts",
        "Payment",
        "amount refunded is 0.01 EUR, but should be 0.00 EUR",
        of_payment("kari", "refunded_minor = 1"),
    ),
    broken(
        "a payment that was given back and says otherwise",
        "payment attempts",
        "Payment",
        "status is succeeded, but should be refunded",
        of_payment("ruth", "status = 'succeeded'"),
    ),
    broken(
        "a part that counts as the whole",
        "payment attempts",
        "Payment",
        "status is refunded, but should be partially_refunded",
        of_payment("pia", "status = 'refunded'"),
    ),
    broken(
        "a refund under way that the payment does not show",
        "payment attempts",
        "Payment",
        "status is partially_refunded, but should be processing_refund",
        of_payment("dag", "status = 'partially_refunded'"),
    ),
    broken(
        "a refund under way that is over",
        "payment attempts",
        "Payment",
        "status is processing_refund, but should be refunded",
        of_payment("ruth", "status = 'processing_refund'"),
    ),
    broken(
        "a refund that failed and counts",
        "payment attempts",
        "Payment",
        "status is refunded, but should be succeeded",
        of_payment("rolf", "status = 'refunded'"),
    ),
    broken(
        "a debit under way that a refund has moved",
        "payment attempts",
        "Payment",
        "status is processing_refund, but should be processing",
        f"UPDATE payment SET status = 'processing_refund' WHERE account_id = %(account)s "
        f"AND invoice_id = {LAST.format('ida')}",
    ),
    broken(
        "more given back than was paid",
        "payment attempts",
        "Payment",
        "amount of all refunds is 100.01 EUR, but should be 100.00 EUR",
        of_refund("pia", "amount_minor = 8501"),
    ),
    broken(
        "a fee that was given back",
        "ledger postings",
        "Posting payment_settled (leg 2)",
        "posting is in the ledger, but should be nowhere",
        of_payment("ruth", "fee_minor = 0"),
    ),
    broken(
        "a refund that the invoice does not count",
        "invoice payments",
        "Invoice",
        "amount refunded is 0.00 EUR, but should be 100.00 EUR",
        of_invoice("ruth", "refunded_minor = 0"),
    ),
    broken(
        "an invoice that is owed again after a refund",
        "invoice payments",
        "Invoice",
        "amount paid is 0.00 EUR, but should be 100.00 EUR",
        of_invoice("ruth", "paid_minor = 0"),
    ),
    broken(
        "a total that still counts what was given back",
        "subscription counters",
        "Subscription",
        "total collected is 400.00 EUR, but should be 300.00 EUR",
        of_subscription("ruth", "collected_minor = 40000"),
    ),
    broken(
        "a payment that counts no more after its refund",
        "subscription counters",
        "Subscription",
        "number of payments made is 3, but should be 4",
        of_subscription("ruth", "completed_payments = 3"),
    ),
)

BY_THEMSELVES = (
    broken(
        "a status that does not exist",
        "refunds",
        "Refund 1 of payment",
        "status is lost, but should be one of the five statuses",
        of_refund("ruth", "status = 'lost'"),
    ),
    broken(
        "a refund by hand that waits for a processor",
        "refunds",
        "Refund 1 of payment",
        "status is intended, but should be succeeded",
        of_refund("hanna", "status = 'intended'"),
    ),
    broken(
        "a refund of what came back",
        "refunds",
        "Refund 1 of payment",
        "status is processing, but should be intended: there is nothing to give back yet",
        of_refund("berg", "status = 'processing'"),
    ),
    broken(
        "a refund that came back and succeeded",
        "refunds",
        "Refund 1 of payment",
        "but should be empty: it did not fail",
        of_refund("ruth", "returned_at = settled_at"),
    ),
    broken(
        "a refund that came back and was never booked",
        "ledger postings",
        "Posting refund_returned (leg 1)",
        "posting is nowhere, but should be in the ledger",
        of_refund("ruth", "status = 'failed', returned_at = settled_at"),
    ),
    broken(
        "a refund that was lost",
        "refunds",
        "Refund 2 of payment",
        "number is 2, but should be 1",
        delete("refund", f"{of_first('pia')} AND number = 1"),
    ),
    broken(
        "a refund in another currency",
        "refunds",
        "Refund 1 of payment",
        "currency is NOK, but should be EUR",
        of_refund("ruth", "currency = 'NOK'"),
    ),
    broken(
        "given back without a time",
        "refunds",
        "Refund 1 of payment",
        "time of settlement is empty, but should be set",
        of_refund("ruth", "settled_at = NULL"),
    ),
    broken(
        "given back before it was paid",
        "refunds",
        "Refund 1 of payment",
        "day of settlement is 2025-12-24, but should be the day of the payment, 2026-01-01, or later",
        of_refund("ruth", "settled_at = '2025-12-24 12:00+00'"),
    ),
    broken(
        "given back by a processor without its reference",
        "refunds",
        "Refund 1 of payment",
        "processor reference is nothing, but should be that of the processor",
        of_refund("ruth", "processor_ref = NULL"),
    ),
    broken(
        "a failure of what succeeded",
        "refunds",
        "Refund 1 of payment",
        "failure code is set, but should be empty",
        of_refund("ruth", "failure_code = 'refund_failed'"),
    ),
    broken(
        "a failure without a reason",
        "refunds",
        "Refund 1 of payment",
        "failure code is empty, but should be set",
        of_refund("rolf", "failure_code = NULL"),
    ),
)

ELSEWHERE = (
    broken(
        "a refund of nothing",
        "references",
        "Refund",
        "payment is",
        delete("payment", f"invoice_id = {FIRST.format('ruth')}"),
    ),
    broken(
        "a request that was not announced",
        "journal",
        "Payment",
        "number of events payment.refund_requested is 1, but should be 2",
        delete(
            "event",
            f"id = (SELECT min(id) FROM event WHERE kind = 'payment.refund_requested' AND object_id = "
            f"(SELECT id FROM payment WHERE invoice_id = {FIRST.format('pia')}))",
        ),
    ),
    broken(
        "a refund that was announced and not made",
        "journal",
        "Record",
        "number of events payment.refunded is 1, but should be 0",
        of_refund("ruth", "status = 'failed'"),
    ),
    broken(
        "a refund that failed silently",
        "journal",
        "Payment",
        "number of events payment.refund_failed is 0, but should be 1",
        of_refund("ruth", "status = 'failed'"),
    ),
    *(
        broken(
            f"{posting} that was not posted",
            "ledger postings",
            f"Posting {posting} (leg 1) of payment",
            "posting is nowhere, but should be in the ledger",
            of_ledger(customer, "occasion = 9", f"posting = '{posting}'"),
        )
        for posting, customer in (
            ("refund_requested", "ruth"),
            ("refund_settled", "ruth"),
            ("refund_failed", "rolf"),
            ("refund_recorded", "hanna"),
        )
    ),
    broken(
        "a refund by hand that was asked of a processor",
        "ledger postings",
        "Posting refund_requested",
        "posting is in the ledger, but should be nowhere",
        of_ledger("hanna", "posting = 'refund_requested'", "posting = 'refund_recorded'"),
    ),
    broken(
        "a refund of another amount",
        "ledger postings",
        "Posting refund_settled",
        "amount is 0.01 EUR, but should be 100.00 EUR",
        of_ledger("ruth", "amount_minor = 1", "posting = 'refund_settled'"),
    ),
    broken(
        "a refund that lowered what was billed",
        "ledger postings",
        "Posting refund_requested",
        "debited account is revenue, but should be refunds",
        of_ledger("ruth", "debit = 'revenue'", "posting = 'refund_requested'"),
    ),
    broken(
        "a request on another day",
        "ledger postings",
        "Posting refund_requested",
        "day is 2026-01-21, but should be 2026-01-20",
        of_ledger("ruth", "posted_on = '2026-01-21'", "posting = 'refund_requested'"),
    ),
    broken(
        "a refund on another day",
        "ledger postings",
        "Posting refund_settled",
        "day is 2026-01-21, but should be 2026-01-20",
        of_ledger("ruth", "posted_on = '2026-01-21'", "posting = 'refund_settled'"),
    ),
    broken(
        "a refund that nobody decided on",
        "ledger balances",
        "Ledger account refunds in EUR",
        "balance is",
        delete("refund", of_first("hanna")),
    ),
    broken(
        "a refund under way that has ended",
        "ledger balances",
        "Ledger account refunds_in_transit in EUR",
        "balance is",
        of_refund("dag", "status = 'succeeded'", number=2),
    ),
    broken(
        "what the processor gave back",
        "ledger balances",
        "Ledger account processor_balance in EUR",
        "balance is",
        of_ledger("ruth", "amount_minor = 1", "posting = 'refund_settled'"),
    ),
    broken(
        "what was given back by bank",
        "ledger balances",
        "Ledger account bank in EUR",
        "balance is",
        of_ledger("hanna", "amount_minor = 1", "posting = 'refund_recorded'"),
    ),
)

STATEMENTS = (
    broken(
        "a refund of which our books know nothing",
        "processor statements",
        "Refund re_",
        "refund is -100.00 EUR at the processor, but should be a refund of one of our payments",
        delete("refund", of_first("ruth")),
    ),
    broken(
        "a refund that was never booked",
        "processor statements",
        "Refund re_",
        "amount in the ledger is 0.00 EUR, but should be -100.00 EUR",
        of_ledger("ruth", "posting = 'refund_recorded'", "posting = 'refund_settled'"),
    ),
    broken(
        "a refund that we take for failed",
        "processor statements",
        "Refund re_",
        "amount in the ledger is 0.00 EUR, but should be -100.00 EUR",
        of_refund("ruth", "status = 'failed'"),
        of_ledger("ruth", "posting = 'refund_failed'", "posting = 'refund_settled'"),
    ),
    broken(
        "a refund of another amount than the processor's",
        "processor statements",
        "Refund re_",
        "amount in the ledger is -0.01 EUR, but should be -100.00 EUR",
        of_ledger("ruth", "amount_minor = 1", "posting = 'refund_settled'"),
    ),
    broken(
        "a refund that the processor denies",
        "processor statements",
        "Refund ",
        "outcome is settled with 100.00 EUR in the ledger, but should be failed, as the processor says",
        of_refund("rolf", "status = 'succeeded'"),
        of_ledger(
            "rolf", "posting = 'refund_settled', credit = 'processor_balance'", "posting = 'refund_failed'"
        ),
    ),
)

REFUNDS = (*OF_PAYMENTS, *BY_THEMSELVES, *ELSEWHERE, *STATEMENTS)
