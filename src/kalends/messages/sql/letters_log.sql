-- Letters, the newest first. Those of a subscription are about itself, or about what was billed, paid or given back on it.
SELECT
    m.id, m.kind, m.object_id, m.occasion, m.recipient, m.contact_id, m.language, m.status, m.created_at, m.sent_at,
    m.subject, m.tries, m.error
FROM message AS m
WHERE m.account_id = %(account_id)s
    AND (%(id)s::bigint IS NULL OR m.id = %(id)s)
    AND (%(kind)s::text IS NULL OR m.kind = %(kind)s)
    AND (%(status)s::text IS NULL OR m.status = %(status)s)
    AND (%(contact)s::bigint IS NULL OR m.contact_id = %(contact)s)
    AND (%(subscription)s::bigint IS NULL OR m.object_id = ANY(ARRAY(
        SELECT %(subscription)s::bigint
        UNION ALL
        SELECT id FROM invoice WHERE account_id = %(account_id)s AND subscription_id = %(subscription)s
        UNION ALL
        SELECT id FROM credit_note WHERE account_id = %(account_id)s AND subscription_id = %(subscription)s
        UNION ALL
        SELECT id FROM payment WHERE account_id = %(account_id)s AND subscription_id = %(subscription)s
        UNION ALL
        SELECT refund.id
        FROM payment
        JOIN refund ON refund.account_id = %(account_id)s AND refund.payment_id = payment.id
        WHERE payment.account_id = %(account_id)s AND payment.subscription_id = %(subscription)s
    )))
ORDER BY m.id DESC
LIMIT %(limit)s
