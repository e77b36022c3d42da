SELECT reference, token, amount_minor, currency, settled_at, return_url
FROM sandbox_charge
WHERE account_id = %(account)s AND idempotency_key = %(key)s AND return_url IS NOT NULL
