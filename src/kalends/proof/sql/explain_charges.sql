-- Every charge of an invoice in order, with the reason that the journal kept for one that failed.
SELECT
    a.attempt, a.status, a.amount_minor, (coalesce(a.answered_at, a.intended_at) AT TIME ZONE %(zone)s)::date,
    (p.settled_at AT TIME ZONE %(zone)s)::date, p.method_kind, p.brand, p.last4, p.reference_number,
    coalesce(told.reason, a.failure_code), CASE WHEN p.status = 'failed' THEN p.next_retry_on END,
    whole.amount, whole.invoices
FROM charge_attempt AS a
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id
LEFT JOIN LATERAL (
    SELECT e.data ->> 'reason' AS reason
    FROM event AS e
    WHERE e.account_id = %(account_id)s
        AND e.object_id = p.id
        AND e.kind = 'payment.failed'
        AND (e.data ->> 'attempt')::int = a.attempt
    ORDER BY e.id
    LIMIT 1
) AS told ON true
LEFT JOIN LATERAL (
    SELECT sum(o.amount_minor)::bigint AS amount, count(*) AS invoices
    FROM charge_attempt AS o
    WHERE o.account_id = %(account_id)s AND o.charge_key = a.charge_key
) AS whole ON true
WHERE a.account_id = %(account_id)s AND a.invoice_id = %(invoice)s
ORDER BY a.attempt
