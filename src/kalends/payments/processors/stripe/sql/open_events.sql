SELECT event_id, kind, object_type, object_id, happened_at, received_at
FROM stripe_event
WHERE account_id = %(account_id)s AND NOT is_handled AND (not_before IS NULL OR not_before <= %(at)s)
ORDER BY received_at, happened_at, event_id
LIMIT %(limit)s
