-- What waits for a worker: how much of each kind could be done now, and since when the oldest could.
SELECT 'letters', count(*), min(coalesce(next_try_at, created_at))
FROM message
WHERE account_id = %(account_id)s AND status = 'queued'
    AND CASE WHEN next_try_at IS NULL THEN created_at <= %(as_of)s ELSE next_try_at <= %(now)s END
UNION ALL
SELECT 'webhooks', count(*), min(coalesce(next_try_at, created_at))
FROM webhook_batch
WHERE account_id = %(account_id)s AND status = 'waiting' AND coalesce(next_try_at, created_at) <= %(now)s
UNION ALL
SELECT 'exports', count(*), min(asked_at) FILTER (WHERE status = 'queued')
FROM data_export
WHERE account_id = %(account_id)s AND status IN ('queued', 'running')
UNION ALL
SELECT 'imports', count(*), min(asked_at)
FROM data_import
WHERE account_id = %(account_id)s AND status IN ('checking', 'running', 'undoing')
UNION ALL
SELECT 'workflows', count(*), min(due_at)
FROM enrollment
WHERE account_id = %(account_id)s AND ended_at IS NULL AND due_at <= %(as_of)s
UNION ALL
SELECT 'workflow_calls', count(*), min(coalesce(next_try_at, created_at))
FROM workflow_call
WHERE account_id = %(account_id)s AND status = 'waiting' AND coalesce(next_try_at, created_at) <= %(now)s
UNION ALL
SELECT 'mailings', count(*), min(started_at)
FROM mailing
WHERE account_id = %(account_id)s AND status = 'sending'
UNION ALL
SELECT 'reports', count(*), min(received_at)
FROM processor_event
WHERE account_id = %(account_id)s AND handled_at IS NULL
