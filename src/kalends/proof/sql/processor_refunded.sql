-- Every refund by a processor that the ledger holds and that did not come back, in the order of ids.
SELECT t.document_id, coalesce(i.number, t.invoice_id::text), t.amount_minor, t.currency
FROM ledger_transfer AS t
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = t.payment_id AND p.processor = %(processor)s
JOIN refund AS r ON r.account_id = %(account_id)s AND r.id = t.document_id AND r.returned_at IS NULL
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = t.invoice_id
WHERE t.account_id = %(account_id)s AND t.posting = 'refund_settled'
ORDER BY t.document_id
