-- Overdue is what failed and was not collected since, and what is open past its due date and not being collected.
WITH behind AS (
    SELECT s.id, s.status, s.churn_date
    FROM subscription AS s
    WHERE s.account_id = %(account_id)s
        AND s.id = ANY(%(ids)s::bigint[])
        AND s.status IN ('unpaid', 'past_due')
        AND NOT EXISTS (
            SELECT FROM invoice AS i
            WHERE i.account_id = %(account_id)s
                AND i.subscription_id = s.id
                AND i.status = 'open'
                AND (
                    EXISTS (
                        SELECT FROM payment AS p
                        WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'failed'
                            AND p.archived_at IS NULL
                    )
                    OR i.due_date < %(today)s AND NOT EXISTS (
                        SELECT FROM payment AS p
                        WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'processing'
                    )
                )
        )
)
UPDATE subscription AS s
SET status = %(active)s, churn_date = NULL, updated_at = %(now)s
FROM behind
WHERE s.account_id = %(account_id)s AND s.id = behind.id
RETURNING s.id, behind.status, behind.churn_date
