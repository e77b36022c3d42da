SELECT
    sealed_key IS NOT NULL, is_test, merchant, merchant_name, country, currency, methods::text, can_charge, can_pay_out,
    sealed_signing IS NOT NULL, connected_at, checked_at
FROM stripe_connection
WHERE account_id = %(account_id)s
