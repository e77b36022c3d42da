-- Refunds that a processor has taken on and not ended, oldest first.
SELECT r.id, r.amount_minor, r.currency
FROM refund AS r
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id AND p.processor = %(processor)s
WHERE r.account_id = %(account_id)s AND r.status = 'processing'
ORDER BY r.requested_at, r.id
