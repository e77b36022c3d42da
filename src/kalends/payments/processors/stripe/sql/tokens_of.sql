SELECT token
FROM payment_method
WHERE account_id = %(account_id)s
    AND processor = 'stripe'
    AND split_part(token, ':', 2) = %(method)s
    AND ended_at IS NULL
ORDER BY id
