SELECT r.id, p.id, r.amount_minor, r.currency, p.processor, a.invoice_id, a.attempt, a.charge_key
FROM refund AS r
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.payment_id = p.id AND a.status = 'succeeded'
WHERE r.account_id = %(account_id)s
    AND r.status = 'sent'
    AND NOT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = r.sender)
ORDER BY r.id
