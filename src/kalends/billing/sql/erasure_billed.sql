-- Locked, so that none begins to be billed meanwhile.
WITH held AS (
    SELECT id, name, status, creates_invoices FROM subscription
    WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[])
    ORDER BY id
    FOR UPDATE
)
SELECT id, name, status FROM held
WHERE creates_invoices AND status NOT IN ('canceled', 'expired')
ORDER BY id
