-- Senders that died on their way count nothing: what they called for, if anything, was never found to be unanswered.
UPDATE charge_attempt AS a
SET calls = a.calls + 1
FROM unnest(%(invoices)s::bigint[], %(attempts)s::smallint[]) AS unanswered (invoice_id, attempt)
WHERE a.account_id = %(account_id)s
    AND a.invoice_id = unanswered.invoice_id
    AND a.attempt = unanswered.attempt
    AND a.status = 'sent'
