-- Every dispute of payments by a processor, in the order of ids.
SELECT d.id, d.status, coalesce(i.number, p.invoice_id::text), d.amount_minor, d.currency
FROM dispute AS d
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = d.payment_id AND p.processor = %(processor)s
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
WHERE d.account_id = %(account_id)s
ORDER BY d.id
