-- Which of these charges have reports in our inbox, of which kinds, and whether all of a kind were handled.
SELECT payload ->> 'idempotency_key', payload ->> 'kind', bool_and(handled_at IS NOT NULL)
FROM processor_event
WHERE account_id = %(account_id)s
    AND processor = %(processor)s
    AND payload ->> 'idempotency_key' = ANY(%(keys)s::text[])
GROUP BY 1, 2
