-- Sent by somebody whose advisory lock is free: that process is gone, or ended without an answer.
WITH senders AS MATERIALIZED (
    SELECT DISTINCT sender FROM charge_attempt
    WHERE account_id = %(account_id)s AND status = 'sent'
        AND (%(payment_id)s::bigint IS NULL OR payment_id = %(payment_id)s)
),
gone AS MATERIALIZED (
    SELECT sender FROM senders
    WHERE NOT EXISTS (SELECT FROM locks_held() AS held WHERE held.key = senders.sender)
)
SELECT
    a.invoice_id, a.attempt, a.payment_id, a.amount_minor, a.currency, method.processor, method.token, method.kind
FROM gone
JOIN charge_attempt AS a ON a.account_id = %(account_id)s AND a.status = 'sent' AND a.sender = gone.sender
    AND (%(payment_id)s::bigint IS NULL OR a.payment_id = %(payment_id)s)
JOIN payment_method AS method ON method.account_id = %(account_id)s AND method.id = a.payment_method_id
ORDER BY a.invoice_id, a.attempt
