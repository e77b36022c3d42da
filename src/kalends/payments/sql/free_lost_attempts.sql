-- The processor was asked and never saw these: they may be sent again, under the same key.
UPDATE charge_attempt AS a
SET status = 'intended', sender = NULL
FROM unnest(%(invoices)s::bigint[], %(attempts)s::smallint[]) AS unseen (invoice_id, attempt)
WHERE a.account_id = %(account_id)s
    AND a.invoice_id = unseen.invoice_id
    AND a.attempt = unseen.attempt
    AND a.status = 'sent'
    AND a.calls < %(calls_max)s
    AND NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND granted
            AND objsubid = 1
            AND (classid::bigint << 32 | objid::bigint) = a.sender
    )
