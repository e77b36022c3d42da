-- A retry is given up where the subscription may not be charged any more, or less is owed than was asked for.
WITH due AS (
    SELECT
        p.id, p.invoice_id, p.amount_minor, p.currency, s.payment_method_id,
        s.status = ANY(%(chargeable)s)
        AND s.payment_method_id IS NOT NULL
        AND i.status = 'open'
        AND i.total_minor - i.paid_minor - i.credited_minor >= p.amount_minor AS allowed
    FROM payment AS p
    JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
    JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
    WHERE p.account_id = %(account_id)s AND p.next_retry_on <= %(day)s AND p.status = 'failed'
    ORDER BY s.id, p.id
    FOR UPDATE
),
moved AS (
    UPDATE payment AS p
    SET next_retry_on = NULL,
        status = CASE WHEN due.allowed THEN 'processing' ELSE p.status END,
        attempts = p.attempts + CASE WHEN due.allowed THEN 1 ELSE 0 END,
        status_updated_at = CASE WHEN due.allowed THEN %(now)s ELSE p.status_updated_at END,
        updated_at = %(now)s
    FROM due
    WHERE p.account_id = %(account_id)s AND p.id = due.id
)
INSERT INTO charge_attempt (
    account_id, invoice_id, attempt, payment_id, payment_method_id, status, amount_minor, currency, intended_at
)
SELECT
    %(account_id)s, due.invoice_id,
    1 + (SELECT max(a.attempt) FROM charge_attempt AS a
         WHERE a.account_id = %(account_id)s AND a.invoice_id = due.invoice_id),
    due.id, due.payment_method_id, 'intended', due.amount_minor, due.currency, %(now)s
FROM due
WHERE due.allowed
