-- A bank debit's refund waits until the debit has settled; the charge that is given back is the one that succeeded.
-- Chosen once, and then marked: as a plain subquery the choice may be made anew for every row that is joined to it.
WITH chosen AS MATERIALIZED (
    SELECT refund.id, refund.payment_id
    FROM refund
    JOIN payment ON payment.account_id = %(account_id)s AND payment.id = refund.payment_id
    WHERE refund.account_id = %(account_id)s AND refund.status = 'intended' AND payment.status <> 'processing'
    ORDER BY refund.id
    LIMIT %(limit)s
    FOR UPDATE OF refund SKIP LOCKED
)

UPDATE refund AS r
SET status = 'sent', sender = %(sender)s
FROM chosen, payment AS p, charge_attempt AS a
WHERE r.account_id = %(account_id)s
    AND r.id = chosen.id
    AND p.account_id = %(account_id)s
    AND p.id = chosen.payment_id
    AND a.account_id = %(account_id)s
    AND a.invoice_id = p.invoice_id
    AND a.payment_id = p.id
    AND a.status = 'succeeded'
RETURNING r.id, p.id, r.amount_minor, r.currency, p.processor, a.invoice_id, a.attempt, a.charge_key
