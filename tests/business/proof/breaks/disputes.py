"""Disputes that are wrong, or that others do not know of."""

from tests.business.proof.breaks.making import (
    FIRST,
    broken,
    delete,
    of_dispute,
    of_first,
    of_ledger,
    of_payment,
)

OF_PAYMENTS = (
    broken(
        "a payment whose dispute nobody sees",
        "payment attempts",
        "Payment",
        "status is succeeded, but should be disputed_action_required",
        of_payment("otto", "status = 'succeeded'"),
    ),
    broken(
        "a won dispute that counts as lost",
        "payment attempts",
        "Payment",
        "status is disputed_lost, but should be disputed_won",
        of_payment("wilma", "status = 'disputed_lost'"),
    ),
    broken(
        "a lost dispute that counts as open",
        "payment attempts",
        "Payment",
        "status is disputed_action_required, but should be disputed_lost",
        of_payment("lars", "status = 'disputed_action_required'"),
    ),
    broken(
        "a dispute that never was",
        "payment attempts",
        "Payment",
        "status is disputed_won, but should be succeeded",
        of_payment("kari", "status = 'disputed_won'"),
    ),
    broken(
        "a lost dispute that counts as a refund",
        "payment attempts",
        "Payment",
        "amount refunded is 100.00 EUR, but should be 0.00 EUR",
        of_payment("lars", "refunded_minor = 10000"),
    ),
)

BY_THEMSELVES = (
    broken(
        "a fee that was given back while the bank decides",
        "disputes",
        "Dispute of payment",
        "fee given back is 0.01 EUR, but should be 0.00 EUR",
        of_dispute("otto", "fee_back_minor = 1"),
    ),
    broken(
        "a status that does not exist",
        "disputes",
        "Dispute of payment",
        "status is appealed, but should be one of the three statuses",
        of_dispute("otto", "status = 'appealed'"),
    ),
    broken(
        "more disputed than was paid",
        "disputes",
        "Dispute of payment",
        "amount is 100.01 EUR, but should be 100.00 EUR",
        of_dispute("otto", "amount_minor = 10001"),
    ),
    broken(
        "a fee that is paid to us",
        "disputes",
        "Dispute of payment",
        "fee is -15.00 EUR, but should be 0.00 EUR",
        of_dispute("otto", "fee_minor = -1500"),
    ),
    broken(
        "a dispute in another currency",
        "disputes",
        "Dispute of payment",
        "currency is NOK, but should be EUR",
        of_dispute("otto", "currency = 'NOK'"),
    ),
    broken(
        "a dispute of money that came by bank",
        "disputes",
        "Dispute of payment",
        "payment is none, but should be one by a processor",
        of_payment("otto", "processor = 'none'"),
    ),
    broken(
        "a dispute before the payment",
        "disputes",
        "Dispute of payment",
        "but should be after the payment was begun",
        of_dispute("otto", "opened_at = '2025-12-24 12:00+00', evidence_due_on = '2025-12-31'"),
    ),
    broken(
        "a dispute of what was not paid",
        "disputes",
        "Dispute of payment",
        "but should be none: the payment has not settled",
        of_payment("otto", "settled_at = NULL"),
    ),
    broken(
        "a day too many for an answer",
        "disputes",
        "Dispute of payment",
        "day until which it can be answered is 2026-01-19, but should be 2026-01-18",
        of_dispute("otto", "evidence_due_on = '2026-01-19'"),
    ),
    broken(
        "decided without a time",
        "disputes",
        "Dispute of payment",
        "time of decision is empty, but should be set",
        of_dispute("wilma", "decided_at = NULL"),
    ),
    broken(
        "decided and open",
        "disputes",
        "Dispute of payment",
        "time of decision is set, but should be empty",
        of_dispute("wilma", "status = 'open'"),
    ),
    broken(
        "decided before it was opened",
        "disputes",
        "Dispute of payment",
        "but should be after",
        of_dispute("wilma", "decided_at = '2026-01-02 12:00+00'"),
    ),
)

ELSEWHERE = (
    broken(
        "a dispute of nothing",
        "references",
        "Dispute",
        "payment is",
        delete("payment", f"invoice_id = {FIRST.format('otto')}"),
    ),
    broken(
        "a dispute that nobody was told of",
        "journal",
        "Payment",
        "number of events payment.dispute_opened is 0, but should be 1",
        delete("event", "kind = 'payment.dispute_opened' AND parent_id = %(otto)s"),
    ),
    broken(
        "a decision that nobody was told of",
        "journal",
        "Payment",
        "number of events payment.dispute_lost is 0, but should be 1",
        of_dispute("wilma", "status = 'lost'"),
    ),
    broken(
        "a decision that was told and not made",
        "journal",
        "Record",
        "number of events payment.dispute_won is 1, but should be 0",
        of_dispute("wilma", "status = 'lost'"),
    ),
    *(
        broken(
            f"{posting} (leg {leg}) that was not posted",
            "ledger postings",
            f"Posting {posting} (leg {leg}) of payment",
            "posting is nowhere, but should be in the ledger",
            of_ledger(customer, "occasion = 9", f"posting = '{posting}' AND leg = {leg}"),
        )
        for posting, leg, customer in (
            ("dispute_opened", 1, "otto"),
            ("dispute_opened", 2, "otto"),
            ("dispute_won", 1, "wilma"),
            ("dispute_lost", 1, "lars"),
        )
    ),
    broken(
        "a lost dispute that is taken for a refund",
        "ledger postings",
        "Posting dispute_lost",
        "debited account is refunds, but should be write_offs",
        of_ledger("lars", "debit = 'refunds'", "posting = 'dispute_lost'"),
    ),
    broken(
        "a fee that is not the dispute's",
        "ledger postings",
        "Posting dispute_opened (leg 2)",
        "amount is 0.01 EUR",
        of_ledger("otto", "amount_minor = 1", "posting = 'dispute_opened' AND leg = 2"),
    ),
    broken(
        "a dispute on another day",
        "ledger postings",
        "Posting dispute_opened (leg 1)",
        "day is 2026-01-12, but should be 2026-01-11",
        of_ledger("otto", "posted_on = '2026-01-12'", "posting = 'dispute_opened'"),
    ),
    broken(
        "a decision on another day",
        "ledger postings",
        "Posting dispute_won",
        "day is 2026-01-12",
        of_ledger("wilma", "posted_on = '2026-01-12'", "posting = 'dispute_won'"),
    ),
    broken(
        "a fee that was given back and never booked",
        "ledger postings",
        "Posting dispute_won (leg 2)",
        "posting is nowhere, but should be in the ledger",
        of_dispute("wilma", "fee_back_minor = 100"),
    ),
    *(
        broken(
            f"{account}, seen from the disputes",
            "ledger balances",
            f"Ledger account {account} in EUR",
            "balance is",
            of_ledger(customer, "amount_minor = 1", where),
        )
        for account, customer, where in (
            ("disputes", "otto", "posting = 'dispute_opened' AND leg = 1"),
            ("processor_balance", "otto", "posting = 'dispute_opened' AND leg = 1"),
            ("processor_balance", "wilma", "posting = 'dispute_won'"),
            ("processing_fees", "wilma", "posting = 'dispute_opened' AND leg = 2"),
            ("write_offs", "lars", "posting = 'dispute_lost'"),
        )
    ),
)

STATEMENTS = (
    broken(
        "a dispute that was reported and never booked",
        "processor statements",
        "Dispute ch_",
        "amount in the ledger is 0.00 EUR, but should be -100.00 EUR",
        delete("dispute", of_first("otto")),
    ),
    broken(
        "a dispute of a charge of which our books know nothing",
        "processor statements",
        "Dispute ch_",
        "dispute is -100.00 EUR at the processor, but should be a dispute of one of our charges",
        delete("charge_attempt", f"invoice_id = {FIRST.format('otto')}"),
    ),
    broken(
        "a dispute's fee that is not the processor's",
        "processor statements",
        "Dispute ch_",
        "fee in the ledger is 0.01 EUR",
        of_ledger("otto", "amount_minor = 1", "posting = 'dispute_opened' AND leg = 2"),
    ),
    broken(
        "a won dispute whose money was never booked",
        "processor statements",
        "Won dispute ch_",
        "amount in the ledger is 0.00 EUR, but should be 100.00 EUR",
        of_ledger("wilma", "posting = 'dispute_lost'", "posting = 'dispute_won'"),
    ),
    broken(
        "a won dispute that we take for lost",
        "processor statements",
        "Won dispute ch_",
        "amount in the ledger is 0.00 EUR, but should be 100.00 EUR",
        of_dispute("wilma", "status = 'lost'"),
        of_ledger("wilma", "posting = 'dispute_lost', debit = 'write_offs'", "posting = 'dispute_won'"),
    ),
    broken(
        "a dispute that the processor does not know",
        "processor statements",
        "Dispute of invoice INV-",
        "outcome is opened with 100.00 EUR in the ledger, but should be not opened, as the processor says",
        "UPDATE dispute SET payment_id = (SELECT min(id) FROM payment WHERE account_id = %(account)s "
        f"AND invoice_id = {FIRST.format('tina')}) WHERE account_id = %(account)s AND {of_first('otto')}",
    ),
    broken(
        "a decision that the processor does not know",
        "processor statements",
        "Dispute of invoice INV-",
        "outcome is won with 100.00 EUR in the ledger, but should be not won, as the processor says",
        of_dispute("lars", "status = 'won'"),
        of_ledger("lars", "posting = 'dispute_won', debit = 'processor_balance'", "posting = 'dispute_lost'"),
    ),
)

DISPUTES = (*OF_PAYMENTS, *BY_THEMSELVES, *ELSEWHERE, *STATEMENTS)
