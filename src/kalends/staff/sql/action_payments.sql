-- What decides about the actions on payments, and what their dialogs tell before anything happens. What is left to give
-- back is reckoned as payments/sql/payment_to_refund.sql does it, which locks.
SELECT
    p.id, p.status, p.currency, p.amount_minor, p.fee_minor, p.refunded_minor,
    greatest(0, least(
        p.amount_minor - back.minor,
        CASE WHEN p.invoice_id IS NULL THEN p.amount_minor - back.minor ELSE of_invoice.minor END
    ))::bigint,
    p.method_kind, p.brand, p.last4, p.processor, p.failure_code, p.failure_reason, p.retries_by_hand, p.next_retry_on,
    i.id, i.number, i.status, i.total_minor - i.paid_minor - i.credited_minor,
    s.id, s.name, s.status, method.kind, method.brand, method.last4,
    contact.email, tries.status, letter.id,
    dispute.amount_minor, dispute.fee_minor, dispute.status, dispute.opened_at, dispute.evidence_due_on,
    dispute.decided_at
FROM payment AS p
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
LEFT JOIN payment_method AS method ON method.account_id = %(account_id)s AND method.id = s.payment_method_id
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = p.contact_id AND contact.archived_at IS NULL
LEFT JOIN dispute ON dispute.account_id = %(account_id)s AND dispute.payment_id = p.id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(r.amount_minor), 0)::bigint AS minor
    FROM refund AS r
    WHERE r.account_id = %(account_id)s AND r.payment_id = p.id AND r.status <> 'failed'
) AS back
CROSS JOIN LATERAL (
    SELECT
        coalesce((
            SELECT sum(o.amount_minor) FROM payment AS o
            WHERE o.account_id = %(account_id)s AND o.invoice_id = p.invoice_id AND o.status <> 'failed'
        ), 0) + coalesce((
            SELECT sum(a.amount_minor) FROM credit_application AS a
            WHERE a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.credit_note_id IS NULL
        ), 0) - coalesce((
            SELECT sum(r.amount_minor)
            FROM payment AS o
            JOIN refund AS r ON r.account_id = %(account_id)s AND r.payment_id = o.id AND r.status <> 'failed'
            WHERE o.account_id = %(account_id)s AND o.invoice_id = p.invoice_id
        ), 0) - coalesce((
            SELECT sum(n.to_balance_minor) FROM credit_note AS n
            WHERE n.account_id = %(account_id)s AND n.invoice_id = p.invoice_id
        ), 0) AS minor
) AS of_invoice
LEFT JOIN LATERAL (
    SELECT a.status
    FROM charge_attempt AS a
    WHERE a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.payment_id = p.id
    ORDER BY a.attempt DESC
    LIMIT 1
) AS tries ON true
LEFT JOIN LATERAL (
    SELECT max(m.id) AS id
    FROM message AS m
    WHERE m.account_id = %(account_id)s AND m.object_id = p.id AND m.kind = 'receipt'
) AS letter ON true
WHERE p.account_id = %(account_id)s AND p.id = ANY(%(ids)s::bigint[]) AND p.archived_at IS NULL
