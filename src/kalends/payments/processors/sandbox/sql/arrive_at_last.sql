-- Forget requests that were lost on the way, so that this second sending arrives.
DELETE FROM sandbox_charge
WHERE account_id = %(account)s AND idempotency_key = ANY(%(keys)s) AND status = 'lost'
RETURNING idempotency_key
