SELECT token, idempotency_key
FROM sandbox_charge
WHERE account_id = %(account)s AND token = ANY(%(tokens)s) AND try_number IS NOT NULL
