-- Chosen once, and then marked: as a plain subquery the choice may be made anew for every row that is joined to it.
-- What was charged before the books were put back, to another amount, is not charged again: it waits for a person.
WITH chosen AS MATERIALIZED (
    SELECT a.invoice_id, a.attempt, invoice.billed_for
    FROM charge_attempt AS a
    CROSS JOIN LATERAL (
        SELECT coalesce(i.subscription_id || '/' || i.cycle || '/' || i.reason, 'invoice/' || i.id) AS billed_for
        FROM invoice AS i
        WHERE i.account_id = %(account_id)s AND i.id = a.invoice_id
    ) AS invoice
    WHERE a.account_id = %(account_id)s AND a.status = 'intended'
        AND (%(payment_id)s::bigint IS NULL OR a.payment_id = %(payment_id)s)
        AND NOT EXISTS (
            SELECT FROM unbooked_charge AS u
            WHERE u.account_id = %(account_id)s
                AND u.settled IS NULL
                AND u.billed_for = invoice.billed_for
                AND (u.amount_minor, u.currency) <> (a.amount_minor, a.currency)
        )
    LIMIT %(limit)s
    FOR UPDATE OF a SKIP LOCKED
)

UPDATE charge_attempt AS a
SET status = 'sent', sender = %(sender)s
FROM chosen, payment_method AS method
WHERE a.account_id = %(account_id)s
    AND a.invoice_id = chosen.invoice_id
    AND a.attempt = chosen.attempt
    AND method.account_id = %(account_id)s
    AND method.id = a.payment_method_id
RETURNING
    a.invoice_id, a.attempt, a.payment_id, a.amount_minor, a.currency, method.processor, method.token, method.kind,
    method.ended_at IS NOT NULL, chosen.billed_for
