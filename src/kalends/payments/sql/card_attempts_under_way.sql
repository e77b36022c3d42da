-- Attempts by card that a processor has taken and not decided, of a payment, an invoice or all; a checkout's are asked
-- about by itself.
SELECT
    a.invoice_id, a.attempt, a.payment_id, a.amount_minor, a.currency, method.processor, method.token, method.kind
FROM charge_attempt AS a
JOIN payment_method AS method ON method.account_id = %(account_id)s AND method.id = a.payment_method_id
WHERE a.account_id = %(account_id)s AND a.status = 'processing'
    AND (%(payment_id)s::bigint IS NULL OR a.payment_id = %(payment_id)s)
    AND (%(invoice_id)s::bigint IS NULL OR a.invoice_id = %(invoice_id)s)
    AND a.charge_key IS NULL AND method.kind = 'card'
ORDER BY a.invoice_id, a.attempt
