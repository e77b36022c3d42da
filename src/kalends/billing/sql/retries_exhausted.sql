-- Unpaid for a payment whose last day of retrying has passed, with nothing under way that may still pay.
SELECT s.id
FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.status = 'unpaid'
    AND EXISTS (
        SELECT FROM payment AS p
        JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id AND i.status = 'open'
        WHERE p.account_id = %(account_id)s
            AND p.subscription_id = s.id
            AND p.status = 'failed'
            AND p.archived_at IS NULL
            AND p.next_retry_on IS NULL
            AND p.first_failed_on + %(last_day)s <= %(day)s
    )
    AND NOT EXISTS (
        SELECT FROM payment AS p
        WHERE p.account_id = %(account_id)s AND p.subscription_id = s.id AND p.status = 'processing'
    )
ORDER BY s.id
FOR UPDATE
