SELECT what, payment_id FROM (
    SELECT 'charge' AS what, p.id AS payment_id
    FROM payment AS p
    JOIN charge_attempt AS a ON a.account_id = %(account_id)s AND a.payment_id = p.id AND a.invoice_id = p.invoice_id
    WHERE p.account_id = %(account_id)s AND p.contact_id = ANY(%(contacts)s::bigint[])
        AND a.status IN ('intended', 'sent', 'processing')
    UNION
    SELECT 'refund', p.id
    FROM payment AS p
    JOIN refund AS r ON r.account_id = %(account_id)s AND r.payment_id = p.id
    WHERE p.account_id = %(account_id)s AND p.contact_id = ANY(%(contacts)s::bigint[])
        AND r.status NOT IN ('succeeded', 'failed')
    UNION
    SELECT 'dispute', p.id
    FROM payment AS p
    JOIN dispute AS d ON d.account_id = %(account_id)s AND d.payment_id = p.id
    WHERE p.account_id = %(account_id)s AND p.contact_id = ANY(%(contacts)s::bigint[]) AND d.decided_at IS NULL
) AS under_way
ORDER BY payment_id, what
