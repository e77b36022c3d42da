-- Which of these charges have reports of these kinds in our inbox that nobody has handled yet.
SELECT payload ->> 'idempotency_key', payload ->> 'kind'
FROM processor_event
WHERE account_id = %(account_id)s
    AND processor = %(processor)s
    AND handled_at IS NULL
    AND payload ->> 'idempotency_key' = ANY(%(keys)s::text[])
