-- What the book says about charges by key; a request that was lost on the way is not in the processor's book.
SELECT idempotency_key, reference, token, amount_minor, currency, status, failure_code, fee_minor, created_at, settled_at,
    return_url
FROM sandbox_charge
WHERE account_id = %(account)s AND idempotency_key = ANY(%(keys)s) AND status <> 'lost'
