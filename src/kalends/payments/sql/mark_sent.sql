UPDATE charge_attempt AS a
SET status = 'sent', sender = %(sender)s, calls = a.calls + 1
FROM (
    SELECT invoice_id, attempt
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND status = 'intended'
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS chosen, payment_method AS method
WHERE a.account_id = %(account_id)s
    AND a.invoice_id = chosen.invoice_id
    AND a.attempt = chosen.attempt
    AND method.account_id = %(account_id)s
    AND method.id = a.payment_method_id
RETURNING
    a.invoice_id, a.attempt, a.payment_id, a.amount_minor, a.currency, method.processor, method.token, method.kind
