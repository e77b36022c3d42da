SELECT
    reference, kinds, currency, return_url, cancel_url, language, created_at, token, method_kind, last4,
    brand, bank, expires_on
FROM sandbox_setup
WHERE account_id = %(account)s AND reference = %(reference)s
