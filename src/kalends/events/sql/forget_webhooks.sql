WITH old AS MATERIALIZED (
    SELECT id
    FROM webhook_batch
    WHERE account_id = %(account_id)s AND closed_at < %(oldest)s AND status = 'delivered'
    ORDER BY closed_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
),
told AS (
    DELETE FROM webhook_delivery AS d USING old
    WHERE d.account_id = %(account_id)s AND d.batch_id = old.id
)
DELETE FROM webhook_batch AS b USING old
WHERE b.account_id = %(account_id)s AND b.id = old.id
