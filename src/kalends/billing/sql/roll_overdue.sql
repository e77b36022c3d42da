-- Subscriptions are locked before their invoices, in the order of ids, as everywhere.
WITH locked AS MATERIALIZED (
    SELECT s.id, s.status
    FROM subscription AS s
    WHERE s.account_id = %(account_id)s
        AND s.id IN (
            SELECT i.subscription_id
            FROM invoice AS i
            WHERE i.account_id = %(account_id)s
                AND i.status = 'open'
                AND i.collection = 'manual'
                AND i.past_due_at IS NULL
                AND i.due_date < %(today)s
        )
    ORDER BY s.id
    FOR UPDATE
),
late AS (
    UPDATE invoice AS i
    SET past_due_at = %(now)s, updated_at = %(now)s
    FROM locked
    WHERE i.account_id = %(account_id)s
        AND i.subscription_id = locked.id
        AND i.status = 'open'
        AND i.collection = 'manual'
        AND i.past_due_at IS NULL
        AND i.due_date < %(today)s
    RETURNING i.id, i.subscription_id, locked.status = 'active' AS was_active
),
moved AS (
    UPDATE subscription AS s
    SET status = %(past_due)s, updated_at = %(now)s
    FROM locked
    WHERE s.account_id = %(account_id)s AND s.id = locked.id AND locked.status = 'active'
)
SELECT id, subscription_id, was_active FROM late ORDER BY id
