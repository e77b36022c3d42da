SELECT id, processor, payload
FROM processor_event
WHERE account_id = %(account_id)s AND handled_at IS NULL AND payload ->> 'kind' = ANY(%(kinds)s::text[])
ORDER BY id
LIMIT %(limit)s
