SELECT id, number, total_minor - paid_minor - credited_minor, currency FROM invoice
WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[]) AND status = 'open'
    AND archived_at IS NULL
ORDER BY id
FOR UPDATE
