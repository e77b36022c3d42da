-- The attempt of a payment that got no answer, locked, and whether its sender still waits for one.
SELECT
    a.invoice_id, a.attempt, a.status, p.status, p.amount_minor, p.currency, p.subscription_id,
    EXISTS (SELECT FROM locks_held() AS held WHERE held.key = a.sender)
FROM payment AS p
JOIN charge_attempt AS a ON a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.payment_id = p.id
WHERE p.account_id = %(account_id)s AND p.id = %(payment_id)s
ORDER BY a.attempt DESC
LIMIT 1
FOR UPDATE OF a
