-- What the customer's credit paid of an invoice (without a number), and its credit notes, in order.
SELECT NULL AS number, applied_on, '' AS reason, amount_minor, amount_minor, 0, currency, id
FROM credit_application
WHERE account_id = %(account_id)s AND invoice_id = %(invoice_id)s AND credit_note_id IS NULL
UNION ALL
SELECT number, issued_on, reason, total_minor, applied_minor, to_balance_minor, currency, id
FROM credit_note
WHERE account_id = %(account_id)s AND invoice_id = %(invoice_id)s
ORDER BY id
