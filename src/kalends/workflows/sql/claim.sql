SELECT id, workflow_id, version, record_id, action, done, depth, waits_after
FROM enrollment
WHERE account_id = %(account_id)s AND ended_at IS NULL AND due_at <= %(now)s
ORDER BY due_at, id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
