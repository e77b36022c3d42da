-- Being sent, and nobody holds the letter's lock: whoever sent it is gone, and it is not known whether it was taken.
UPDATE message AS m
SET status = CASE WHEN m.tries >= %(tries_max)s THEN 'failed' ELSE 'queued' END, error = %(reason)s
WHERE m.account_id = %(account_id)s
    AND m.status = 'sending'
    AND NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory'
            AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND objsubid = 1
            AND (classid::bigint << 32 | objid::bigint) = m.id
    )
RETURNING m.status
