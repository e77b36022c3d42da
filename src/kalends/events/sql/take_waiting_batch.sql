-- Chosen once, and then taken: as a plain subquery the choice may be made anew for every row that is joined to it.
WITH due AS MATERIALIZED (
    SELECT id
    FROM webhook_batch
    WHERE account_id = %(account_id)s AND app_id = %(app_id)s AND status = 'waiting' AND next_try_at <= %(now)s
    ORDER BY next_try_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)

UPDATE webhook_batch AS b
SET status = 'sending', slot = %(slot)s, tries = b.tries + 1, next_try_at = NULL
FROM due
WHERE b.account_id = %(account_id)s AND b.id = due.id
RETURNING b.id, b.tries
