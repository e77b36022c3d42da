-- Chosen once, and then marked: as a plain subquery the choice may be made anew for every row that is joined to it.
WITH chosen AS MATERIALIZED (
    SELECT invoice_id, attempt
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND status = 'intended'
        AND (%(payment_id)s::bigint IS NULL OR payment_id = %(payment_id)s)
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)

UPDATE charge_attempt AS a
SET status = 'sent', sender = %(sender)s, calls = a.calls + 1
FROM chosen, payment_method AS method
WHERE a.account_id = %(account_id)s
    AND a.invoice_id = chosen.invoice_id
    AND a.attempt = chosen.attempt
    AND method.account_id = %(account_id)s
    AND method.id = a.payment_method_id
RETURNING
    a.invoice_id, a.attempt, a.payment_id, a.amount_minor, a.currency, method.processor, method.token, method.kind,
    method.ended_at IS NOT NULL
