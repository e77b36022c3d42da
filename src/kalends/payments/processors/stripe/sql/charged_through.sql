SELECT count(*)
FROM subscription AS s
JOIN payment_method AS m ON m.account_id = %(account_id)s AND m.id = s.payment_method_id AND m.processor = 'stripe'
WHERE s.account_id = %(account_id)s
    AND s.archived_at IS NULL
    AND s.status IN ('active', 'past_due', 'unpaid', 'paused', 'scheduled')
