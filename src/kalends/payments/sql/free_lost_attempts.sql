-- The processor was asked and never saw these: they may be sent again, under the same key.
UPDATE charge_attempt AS a
SET status = 'intended', sender = NULL
FROM unnest(%(invoices)s::bigint[], %(attempts)s::smallint[]) AS unseen (invoice_id, attempt)
WHERE a.account_id = %(account_id)s
    AND a.invoice_id = unseen.invoice_id
    AND a.attempt = unseen.attempt
    AND a.status = 'sent'
    AND a.calls < %(calls_max)s
    AND NOT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = a.sender)
