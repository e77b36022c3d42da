-- What a canceled subscription leaves behind: bank debits under way, and invoices on which nothing is under way.
WITH debits AS MATERIALIZED (
    SELECT p.subscription_id, p.invoice_id, p.id, p.currency, p.amount_minor, p.method_kind, p.initiated_at
    FROM payment AS p
    WHERE p.account_id = %(account_id)s
        AND p.subscription_id = ANY(%(ids)s::bigint[])
        AND p.status = 'processing'
)
SELECT
    i.subscription_id, 'invoice' AS what, i.number, i.currency, i.total_minor - i.paid_minor - i.credited_minor,
    NULL AS method_kind, i.issued_at AS at
FROM invoice AS i
WHERE i.account_id = %(account_id)s
    AND i.subscription_id = ANY(%(ids)s::bigint[])
    AND i.status = 'open'
    AND NOT EXISTS (SELECT FROM debits WHERE debits.invoice_id = i.id)
UNION ALL
SELECT subscription_id, 'debit', NULL, currency, amount_minor, method_kind, initiated_at FROM debits
ORDER BY 1, 7, 3
