-- The earliest failure of what is not retried any more and keeps its subscription unpaid, unless a charge of that
-- subscription is under way: as in retries_exhausted.sql.
SELECT min(p.first_failed_on)
FROM subscription AS s
JOIN payment AS p ON p.account_id = %(account_id)s AND p.subscription_id = s.id
    AND p.status = 'failed' AND p.archived_at IS NULL AND p.next_retry_on IS NULL
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id AND i.status = 'open'
WHERE s.account_id = %(account_id)s
    AND s.status = 'unpaid'
    AND NOT EXISTS (
        SELECT FROM payment AS other
        WHERE other.account_id = %(account_id)s AND other.subscription_id = s.id AND other.status = 'processing'
    )
