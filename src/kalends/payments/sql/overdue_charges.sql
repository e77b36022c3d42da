-- What is owed on each overdue invoice of a subscription that is charged automatically, besides what is under way, and
-- the failed payment that asked for just that, if there is one.
SELECT i.id, i.number, owed.minor, failed.id
FROM invoice AS i
CROSS JOIN LATERAL (
    SELECT i.total_minor - i.paid_minor - i.credited_minor - coalesce(sum(p.amount_minor), 0)::bigint AS minor
    FROM payment AS p
    WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'processing'
) AS owed
LEFT JOIN LATERAL (
    SELECT max(p.id) AS id
    FROM payment AS p
    WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'failed' AND p.amount_minor = owed.minor
        AND p.processor <> 'none' AND p.archived_at IS NULL
) AS failed ON true
WHERE i.account_id = %(account_id)s
    AND i.subscription_id = %(id)s
    AND i.status = 'open'
    AND i.collection = 'automatic'
    AND i.due_date <= %(today)s
    AND owed.minor >= %(smallest)s
ORDER BY i.cycle, i.id
