-- What actions on quotes go by. A version that is not withdrawn is what buyers read.
SELECT
    q.id, q.title, q.status, v.number,
    EXISTS (
        SELECT FROM quote_version AS any_version
        JOIN quote_conversion AS c ON c.account_id = %(account_id)s AND c.version_id = any_version.id
        WHERE any_version.account_id = %(account_id)s AND any_version.quote_id = q.id
    ) AS converted,
    EXISTS (
        SELECT FROM checkout AS k
        WHERE k.account_id = %(account_id)s AND k.source = 'quote' AND k.source_id = q.id AND k.status <> 'open'
    ) AS paid,
    EXISTS (
        SELECT FROM line_item AS l
        WHERE l.account_id = %(account_id)s AND l.parent_type = 'quote' AND l.parent_id = q.id
            AND l.archived_at IS NULL AND l.frequency IS NULL
    ) AS has_once
FROM quote AS q
LEFT JOIN quote_version AS v ON v.account_id = %(account_id)s AND v.quote_id = q.id AND v.withdrawn_at IS NULL
WHERE q.account_id = %(account_id)s AND q.id = ANY(%(ids)s::bigint[]) AND q.archived_at IS NULL
