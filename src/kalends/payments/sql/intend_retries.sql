-- A retry asks for what is still owed: less than the first time, where a part was paid or credited meanwhile. It is given
-- up where the subscription may not be charged any more, where the rest is below the smallest charge of its currency, and
-- where another payment of the invoice asks for the rest.
WITH due AS (
    SELECT
        p.id, p.invoice_id, least(p.amount_minor, i.total_minor - i.paid_minor - i.credited_minor) AS amount_minor,
        p.currency, s.payment_method_id,
        s.status = ANY(%(chargeable)s)
        AND s.payment_method_id IS NOT NULL
        AND i.status = 'open'
        AND i.total_minor - i.paid_minor - i.credited_minor >= least(p.amount_minor, coalesce(least_charge.amount, 1))
        AND NOT EXISTS (
            SELECT FROM payment AS o
            WHERE o.account_id = %(account_id)s AND o.invoice_id = p.invoice_id
                AND (o.status = 'processing' OR o.status = 'failed' AND o.archived_at IS NULL AND o.id > p.id)
        ) AS allowed
    FROM payment AS p
    JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
    JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
    LEFT JOIN unnest(%(currencies)s::text[], %(smallest)s::bigint[]) AS least_charge (currency, amount)
        ON least_charge.currency = p.currency
    WHERE p.account_id = %(account_id)s AND p.next_retry_on <= %(day)s AND p.status = 'failed'
        AND p.subscription_id = ANY(%(subscriptions)s::bigint[])
    ORDER BY s.id, p.id
    FOR UPDATE OF p, s, i
),
moved AS (
    UPDATE payment AS p
    SET next_retry_on = NULL,
        amount_minor = CASE WHEN due.allowed THEN due.amount_minor ELSE p.amount_minor END,
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
