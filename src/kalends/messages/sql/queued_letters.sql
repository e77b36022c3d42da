SELECT id
FROM message
WHERE account_id = %(account_id)s
    AND status = 'queued'
    AND id > %(after)s
    AND (next_try_at IS NULL OR next_try_at <= %(now)s)
ORDER BY id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
