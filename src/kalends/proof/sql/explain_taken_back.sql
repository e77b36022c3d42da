-- Refunds and disputes of an invoice's payments, in the order in which they began.
SELECT
    false, CASE WHEN r.status IN ('succeeded', 'failed') THEN r.status ELSE 'under way' END, r.amount_minor,
    (coalesce(r.returned_at, r.settled_at, r.requested_at) AT TIME ZONE %(zone)s)::date, r.failure_reason, r.requested_at AS began_at
FROM payment AS p
JOIN refund AS r ON r.account_id = %(account_id)s AND r.payment_id = p.id
WHERE p.account_id = %(account_id)s AND p.invoice_id = %(invoice)s
UNION ALL
SELECT
    true, d.status, d.amount_minor, (coalesce(d.decided_at, d.opened_at) AT TIME ZONE %(zone)s)::date, NULL, d.opened_at
FROM payment AS p
JOIN dispute AS d ON d.account_id = %(account_id)s AND d.payment_id = p.id
WHERE p.account_id = %(account_id)s AND p.invoice_id = %(invoice)s
ORDER BY began_at
