-- The latest payments of a subscription, or all payments on an invoice.
SELECT
    p.id, p.status, p.initiated_at, p.settled_at, p.currency, p.amount_minor, p.refunded_minor, p.method_kind,
    p.brand, p.last4, p.failure_code, p.failure_reason, p.next_retry_on, i.id, i.number
FROM payment AS p
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
WHERE
    p.account_id = %(account_id)s AND p.archived_at IS NULL
    AND (p.subscription_id = %(subscription_id)s OR p.invoice_id = %(invoice_id)s)
ORDER BY p.initiated_at DESC, p.id DESC
LIMIT %(limit)s
