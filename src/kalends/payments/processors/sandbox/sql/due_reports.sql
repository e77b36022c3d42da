-- Deliveries that are due, the earliest first, with the facts of the charge or refund that they tell of.
WITH due AS (
    SELECT due_at, event_id, kind, charge_key, refund_key
    FROM sandbox_report
    WHERE account_id = %(account)s AND due_at <= %(until)s
    ORDER BY due_at, event_id
    LIMIT %(limit)s
)
SELECT
    due.event_id,
    due.kind,
    due.charge_key,
    due.refund_key,
    CASE WHEN due.refund_key IS NULL THEN charge.metadata ELSE charge.metadata || refund.metadata END,
    coalesce(refund.reference, charge.reference),
    charge.currency,
    coalesce(refund.amount_minor, charge.amount_minor),
    CASE due.kind
        WHEN 'charge.succeeded' THEN charge.fee_minor
        WHEN 'charge.disputed' THEN charge.dispute_fee_minor
        ELSE 0
    END,
    CASE due.kind
        WHEN 'charge.failed' THEN charge.failure_code
        WHEN 'refund.failed' THEN refund.failure_code
    END,
    CASE
        WHEN due.refund_key IS NOT NULL THEN refund.settled_at
        WHEN due.kind = 'charge.disputed' THEN charge.disputed_at
        WHEN due.kind IN ('dispute.won', 'dispute.lost') THEN charge.dispute_decided_at
        ELSE charge.settled_at
    END,
    due.due_at
FROM due
JOIN sandbox_charge AS charge ON charge.account_id = %(account)s AND charge.idempotency_key = due.charge_key
LEFT JOIN sandbox_refund AS refund ON refund.account_id = %(account)s AND refund.idempotency_key = due.refund_key
ORDER BY due.due_at, due.event_id
