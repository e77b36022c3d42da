SELECT
    id, number, invoice_id, issued_on, created_at, reason, net_minor, tax_minor, applied_minor, to_balance_minor
FROM credit_note
WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[])
