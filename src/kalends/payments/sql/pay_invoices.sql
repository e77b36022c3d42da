UPDATE invoice AS i
SET paid_minor = i.paid_minor + paid.amount,
    status = CASE WHEN i.paid_minor + paid.amount + i.credited_minor = i.total_minor THEN 'paid' ELSE i.status END,
    paid_at = CASE WHEN i.paid_minor + paid.amount + i.credited_minor = i.total_minor THEN %(now)s ELSE i.paid_at END,
    updated_at = %(now)s
FROM unnest(%(invoices)s::bigint[], %(amounts)s::bigint[]) AS paid (id, amount)
WHERE i.account_id = %(account_id)s AND i.id = paid.id
