-- Charges that a processor has taken on and not ended, oldest first.
SELECT a.invoice_id, a.attempt, a.charge_key, a.amount_minor, a.currency
FROM charge_attempt AS a
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id AND p.processor = %(processor)s
WHERE a.account_id = %(account_id)s AND a.status = 'processing'
ORDER BY a.intended_at, a.invoice_id, a.attempt
