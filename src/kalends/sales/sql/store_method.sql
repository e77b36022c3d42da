WITH stored AS (
    INSERT INTO payment_method (
        account_id, contact_id, processor, kind, token, brand, last4, expires_on, bank_or_issuer, created_at
    )
    VALUES (
        %(account_id)s, %(contact_id)s, %(processor)s, %(method_kind)s, %(token)s, %(brand)s, %(last4)s, %(expires_on)s,
        %(bank_or_issuer)s, %(now)s
    )
    ON CONFLICT (account_id, processor, token) DO NOTHING
    RETURNING id
)
SELECT id, %(contact_id)s::bigint AS contact_id FROM stored
UNION ALL
SELECT id, contact_id FROM payment_method
WHERE account_id = %(account_id)s AND processor = %(processor)s AND token = %(token)s
LIMIT 1
