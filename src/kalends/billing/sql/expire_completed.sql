WITH done AS (
    SELECT s.id
    FROM subscription AS s
    WHERE s.account_id = %(account_id)s
        AND s.end_date <= %(today)s
        AND s.status = 'active'
        AND s.next_due_date IS NULL
        AND s.creates_invoices
        AND NOT EXISTS (
            SELECT FROM invoice AS i
            WHERE i.account_id = %(account_id)s AND i.subscription_id = s.id AND i.status = 'open'
        )
    ORDER BY s.id
    FOR UPDATE
)
UPDATE subscription AS s
SET status = %(expired)s, churn_date = %(today)s, updated_at = %(now)s
FROM done
WHERE s.account_id = %(account_id)s AND s.id = done.id
RETURNING s.id
