-- What a buyer sees of an invoice's money: what is owed besides what is under way, and what is under way.
SELECT
    i.id, i.number, i.status, i.currency, i.total_minor - i.paid_minor - i.credited_minor - coalesce(under_way.amount, 0),
    coalesce(under_way.amount, 0)::bigint, i.allow_partial_payments, s.allowed_payment_methods, i.contact_id,
    i.subscription_id, i.paid_at, i.archived_at IS NOT NULL
FROM invoice AS i
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
CROSS JOIN LATERAL (
    SELECT sum(p.amount_minor)::bigint AS amount
    FROM payment AS p
    WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'processing'
) AS under_way
WHERE i.account_id = %(account_id)s AND i.id = %(invoice_id)s
