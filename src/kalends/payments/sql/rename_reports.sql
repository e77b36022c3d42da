-- What was told about a charge under the key that it had before it was taken over, and waits for it: a dispute.
UPDATE processor_event
SET payload = jsonb_set(payload, '{idempotency_key}', to_jsonb(%(key)s::text))
WHERE account_id = %(account_id)s
    AND processor = %(processor)s
    AND handled_at IS NULL
    AND payload ->> 'idempotency_key' = %(known_by)s
