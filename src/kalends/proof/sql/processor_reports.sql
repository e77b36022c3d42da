-- Which of these refunds and disputes have reports in our inbox, by the key of the refund or of the charge, of which
-- kinds, and whether all of a kind were handled.
SELECT
    coalesce(payload ->> 'refund_key', payload ->> 'idempotency_key'), payload ->> 'kind', bool_and(handled_at IS NOT NULL)
FROM processor_event
WHERE account_id = %(account_id)s
    AND processor = %(processor)s
    AND coalesce(payload ->> 'refund_key', payload ->> 'idempotency_key') = ANY(%(keys)s::text[])
GROUP BY 1, 2
