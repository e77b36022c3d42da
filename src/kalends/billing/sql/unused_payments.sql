-- What was asked for on these invoices, the latest first.
SELECT p.invoice_id, p.id, p.status, p.amount_minor, p.processor = 'none'
FROM payment AS p
WHERE p.account_id = %(account_id)s AND p.invoice_id = ANY(%(invoices)s::bigint[])
ORDER BY p.invoice_id, p.id DESC
