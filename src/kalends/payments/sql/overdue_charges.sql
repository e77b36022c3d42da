WITH locked AS MATERIALIZED (
    SELECT id, status, payment_method_id FROM subscription
    WHERE account_id = %(account_id)s AND id = %(id)s
    FOR UPDATE
)
SELECT p.id, locked.status
FROM locked
JOIN payment AS p
    ON p.account_id = %(account_id)s AND p.subscription_id = locked.id AND p.status = 'failed'
JOIN invoice AS i
    ON i.account_id = %(account_id)s AND i.id = p.invoice_id AND i.status = 'open'
    AND i.total_minor - i.paid_minor - i.credited_minor >= p.amount_minor
WHERE locked.payment_method_id IS NOT NULL
ORDER BY i.cycle, p.id
