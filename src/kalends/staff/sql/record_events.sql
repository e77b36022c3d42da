-- What happened to records, and to the subscriptions `parents`, newest first; both parts come from their index.
SELECT
    e.id, e.at, e.kind, e.actor, e.data::text, i.id, i.number, p.method_kind, p.brand, p.last4, e.parent_id,
    e.object_type
FROM event AS e
LEFT JOIN payment AS p ON p.account_id = %(account_id)s AND e.object_type = 'payment' AND p.id = e.object_id
LEFT JOIN invoice AS i
    ON i.account_id = %(account_id)s
    AND i.id = CASE e.object_type WHEN 'invoice' THEN e.object_id ELSE p.invoice_id END
WHERE e.account_id = %(account_id)s AND e.id IN (
    (
        SELECT o.id
        FROM event AS o
        WHERE o.account_id = %(account_id)s AND o.object_id = ANY(%(ids)s::bigint[])
            AND o.object_type = ANY(%(types)s::text[]) AND o.id < %(before)s
            AND o.kind ~ %(kinds)s AND (NOT %(people)s OR o.actor LIKE 'user:%%')
        ORDER BY o.id DESC
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT s.id
        FROM event AS s
        WHERE s.account_id = %(account_id)s AND s.parent_id = ANY(%(parents)s::bigint[]) AND s.id < %(before)s
            AND s.kind ~ %(kinds)s AND (NOT %(people)s OR s.actor LIKE 'user:%%')
        ORDER BY s.id DESC
        LIMIT %(limit)s
    )
)
ORDER BY e.id DESC
LIMIT %(limit)s
