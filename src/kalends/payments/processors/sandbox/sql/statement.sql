-- Every movement of money from the first instant (included) to the last (excluded), in order of time.
WITH movement AS (
    SELECT
        settled_at AS occurred_at, 'charge' AS kind, reference, idempotency_key, NULL AS refund_key, metadata, currency,
        amount_minor AS gross_minor, fee_minor
    FROM sandbox_charge
    WHERE account_id = %(account)s AND status = 'succeeded'
    UNION ALL
    SELECT
        refund.settled_at, 'refund', refund.reference, refund.charge_key, refund.idempotency_key,
        charge.metadata || refund.metadata, refund.currency, -refund.amount_minor, 0
    FROM sandbox_refund AS refund
    JOIN sandbox_charge AS charge
        ON charge.account_id = %(account)s AND charge.idempotency_key = refund.charge_key
    WHERE refund.account_id = %(account)s AND refund.status = 'succeeded'
    UNION ALL
    SELECT
        disputed_at, 'dispute', reference, idempotency_key, NULL, metadata, currency, -amount_minor, dispute_fee_minor
    FROM sandbox_charge
    WHERE account_id = %(account)s AND disputed_at IS NOT NULL
    UNION ALL
    SELECT dispute_decided_at, 'dispute_won', reference, idempotency_key, NULL, metadata, currency, amount_minor, 0
    FROM sandbox_charge
    WHERE account_id = %(account)s AND dispute_won
)
SELECT occurred_at, kind, reference, idempotency_key, refund_key, metadata, currency, gross_minor, fee_minor
FROM movement
WHERE occurred_at >= %(start)s AND occurred_at < %(end)s
ORDER BY occurred_at, idempotency_key, kind, refund_key
