-- The latest invoices, each with the payment that decided how it stands.
SELECT
    i.id, i.number, i.period_start, i.invoice_date, i.due_date, i.currency, i.status, i.collection,
    i.total_minor, i.total_minor - i.paid_minor - i.credited_minor, i.paid_at,
    p.status, p.first_failed_on, p.next_retry_on, i.reason = 'cycle'
FROM invoice AS i
LEFT JOIN LATERAL (
    SELECT last.status, last.first_failed_on, last.next_retry_on
    FROM payment AS last
    WHERE last.account_id = %(account_id)s AND last.invoice_id = i.id
    ORDER BY last.id DESC
    LIMIT 1
) AS p ON TRUE
WHERE i.account_id = %(account_id)s AND i.subscription_id = %(id)s AND i.archived_at IS NULL
ORDER BY i.cycle DESC NULLS LAST, i.id DESC
LIMIT %(limit)s
