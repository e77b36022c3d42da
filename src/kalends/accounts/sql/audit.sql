-- What users did in an account and how they came in, newest first. Each half is cut before they are put together.
SELECT e.source, e.id, e.at, e.user_id, e.kind, e.object_type, e.object_id, e.data::text, e.address, e.agent
FROM (
    (
        SELECT
            0 AS source, id, at, substr(actor, 6)::bigint AS user_id, kind, object_type, object_id, data,
            '' AS address, '' AS agent
        FROM event
        WHERE
            account_id = %(account_id)s
            AND actor LIKE 'user:%%'
            AND (%(user_id)s::bigint IS NULL OR actor = 'user:' || %(user_id)s::text)
            AND (%(types)s::text[] IS NULL OR object_type = ANY(%(types)s::text[]))
            AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)
            AND (%(since)s::timestamptz IS NULL OR at >= %(since)s::timestamptz)
            AND (%(until)s::timestamptz IS NULL OR at < %(until)s::timestamptz)
            AND (
                %(before_at)s::timestamptz IS NULL
                OR (at, 0, id) < (%(before_at)s::timestamptz, %(before_source)s::int, %(before_id)s::bigint)
            )
        ORDER BY at DESC, id DESC
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT 1, id, at, user_id, 'user.' || kind, 'sign_in', user_id, '{}'::jsonb, address, agent
        FROM security_event
        WHERE
            account_id = %(account_id)s
            AND (%(user_id)s::bigint IS NULL OR user_id = %(user_id)s::bigint)
            AND (%(types)s::text[] IS NULL OR 'sign_in' = ANY(%(types)s::text[]))
            AND (%(kind)s::text IS NULL OR 'user.' || kind = %(kind)s::text)
            AND (%(since)s::timestamptz IS NULL OR at >= %(since)s::timestamptz)
            AND (%(until)s::timestamptz IS NULL OR at < %(until)s::timestamptz)
            AND (
                %(before_at)s::timestamptz IS NULL
                OR (at, 1, id) < (%(before_at)s::timestamptz, %(before_source)s::int, %(before_id)s::bigint)
            )
        ORDER BY at DESC, id DESC
        LIMIT %(limit)s
    )
) AS e
ORDER BY e.at DESC, e.source DESC, e.id DESC
LIMIT %(limit)s
