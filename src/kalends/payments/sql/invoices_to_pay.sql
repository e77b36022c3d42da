SELECT
    i.id, i.number, i.status,
    i.total_minor - i.paid_minor - i.credited_minor - coalesce(pending.amount, 0),
    i.currency, i.allow_partial_payments,
    coalesce(tries.last, 0) + 1
FROM ROWS FROM (unnest(%(invoices)s::bigint[]), string_to_table('', '')) AS wanted (id, many)
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = ANY(%(invoices)s::bigint[]) AND i.id = wanted.id
CROSS JOIN LATERAL (
    SELECT sum(p.amount_minor)::bigint AS amount
    FROM payment AS p
    WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'processing'
) AS pending
CROSS JOIN LATERAL (
    SELECT max(a.attempt) AS last
    FROM charge_attempt AS a
    WHERE a.account_id = %(account_id)s AND a.invoice_id = i.id
) AS tries
