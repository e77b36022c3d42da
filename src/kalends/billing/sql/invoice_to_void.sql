SELECT
    i.number, i.status, i.paid_minor, i.credited_minor, i.total_minor, i.tax_minor, i.currency, i.subscription_id,
    EXISTS (
        SELECT FROM payment AS p
        WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'processing'
    )
FROM invoice AS i
WHERE i.account_id = %(account_id)s AND i.id = %(id)s
FOR UPDATE
