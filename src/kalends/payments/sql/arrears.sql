-- Whether a charge of the subscription failed and was not collected since, and whether one of its invoices is overdue.
SELECT
    coalesce(bool_or(p.status = 'failed'), false),
    coalesce(bool_or(i.due_date < %(today)s AND p.status IS DISTINCT FROM 'processing'), false)
FROM invoice AS i
LEFT JOIN payment AS p
    ON p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status IN ('failed', 'processing')
    AND p.archived_at IS NULL
WHERE i.account_id = %(account_id)s AND i.subscription_id = %(id)s AND i.status = 'open'
