-- Then the invoice, whose payments, refunds and credit notes have one limit together.
SELECT FROM invoice AS i
WHERE i.account_id = %(account_id)s
    AND i.id = (
        SELECT p.invoice_id FROM payment AS p WHERE p.account_id = %(account_id)s AND p.id = %(payment_id)s
    )
FOR UPDATE
