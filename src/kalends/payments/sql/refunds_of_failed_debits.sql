SELECT r.id
FROM refund AS r
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
WHERE r.account_id = %(account_id)s AND r.status = 'intended' AND p.status = 'failed'
ORDER BY r.id
