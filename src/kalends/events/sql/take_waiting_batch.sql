UPDATE webhook_batch AS b
SET status = 'sending', slot = %(slot)s, tries = b.tries + 1, next_try_at = NULL
FROM (
    SELECT id
    FROM webhook_batch
    WHERE account_id = %(account_id)s AND app_id = %(app_id)s AND status = 'waiting' AND next_try_at <= %(now)s
    ORDER BY next_try_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS due
WHERE b.account_id = %(account_id)s AND b.id = due.id
RETURNING b.id, b.tries
