SELECT p.id, p.status, p.currency, p.subscription_id, p.contact_id, d.id, d.status
FROM charge_attempt AS a
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id
LEFT JOIN dispute AS d ON d.account_id = %(account_id)s AND d.payment_id = p.id
WHERE a.account_id = %(account_id)s AND a.invoice_id = %(invoice_id)s AND a.attempt = %(attempt)s
    AND a.status = 'succeeded'
FOR UPDATE OF p
