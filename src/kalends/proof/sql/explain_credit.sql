-- What the balance paid of an invoice, and the credit notes on it, in order.
SELECT NULL AS number, applied_on, '' AS reason, amount_minor, amount_minor, 0, id
FROM credit_application
WHERE account_id = %(account_id)s AND invoice_id = %(invoice)s AND credit_note_id IS NULL
UNION ALL
SELECT number, issued_on, reason, total_minor, applied_minor, to_balance_minor, id
FROM credit_note
WHERE account_id = %(account_id)s AND invoice_id = %(invoice)s
ORDER BY id
