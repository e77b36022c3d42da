SELECT
    refund.idempotency_key, refund.charge_key, refund.reference, refund.amount_minor, refund.currency, refund.status,
    refund.failure_code, refund.created_at, refund.settled_at, charge.token
FROM sandbox_refund AS refund
JOIN sandbox_charge AS charge
    ON charge.account_id = %(account)s AND charge.idempotency_key = refund.charge_key
WHERE refund.account_id = %(account)s AND refund.idempotency_key = ANY(%(keys)s)
