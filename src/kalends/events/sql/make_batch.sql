-- The oldest deliveries that are in no batch, put into one that is being sent.
WITH fresh AS MATERIALIZED (
    SELECT subscription_id, event_id
    FROM webhook_delivery
    WHERE account_id = %(account_id)s AND app_id = %(app_id)s AND batch_id IS NULL
    ORDER BY event_id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
),
made AS (
    INSERT INTO webhook_batch (account_id, app_id, status, slot, tries, created_at)
    SELECT %(account_id)s, %(app_id)s, 'sending', %(slot)s, 1, %(now)s
    WHERE EXISTS (SELECT FROM fresh)
    RETURNING id, tries
),
put AS (
    UPDATE webhook_delivery AS d
    SET batch_id = made.id
    FROM made, fresh
    WHERE d.account_id = %(account_id)s AND d.subscription_id = fresh.subscription_id AND d.event_id = fresh.event_id
)
SELECT id, tries FROM made
