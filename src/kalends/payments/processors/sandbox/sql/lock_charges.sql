-- The charges to be refunded, held until the refunds are booked, so that two calls cannot give back more than was paid.
SELECT
    idempotency_key, token, amount_minor, currency, status, settled_at, disputed_at,
    dispute_decided_at, dispute_won
FROM sandbox_charge
WHERE account_id = %(account)s AND idempotency_key = ANY(%(keys)s) AND status <> 'lost'
ORDER BY idempotency_key
FOR UPDATE
