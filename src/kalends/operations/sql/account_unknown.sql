-- The charges that were sent and got no answer, the oldest first.
SELECT a.payment_id, i.number, a.amount_minor, a.currency, p.processor, a.intended_at
FROM charge_attempt AS a
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = a.invoice_id
WHERE a.account_id = %(account_id)s AND a.status = 'sent'
ORDER BY a.intended_at, a.payment_id
LIMIT %(named)s
