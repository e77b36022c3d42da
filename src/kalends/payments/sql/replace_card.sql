UPDATE payment_method
SET last4 = %(last4)s, brand = coalesce(%(brand)s, brand), expires_on = coalesce(%(expires_on)s::date, expires_on)
WHERE account_id = %(account_id)s
    AND processor = %(processor)s
    AND token = %(token)s
    AND ended_at IS NULL
