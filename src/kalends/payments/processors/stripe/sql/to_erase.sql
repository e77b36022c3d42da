SELECT reference
FROM stripe_erasure
WHERE account_id = %(account_id)s AND done_at IS NULL AND (not_before IS NULL OR not_before <= %(at)s)
ORDER BY asked_at, reference
LIMIT 100
