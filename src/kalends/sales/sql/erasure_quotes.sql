-- Versions of quotes that speak of the person and that nobody agreed to: of those that somebody accepted, paid or had
-- converted, what was agreed to is kept.
SELECT v.id, v.quote_id, v.withdrawn_at IS NULL
FROM quote_version AS v
WHERE v.account_id = %(account_id)s
    AND EXISTS (
        SELECT FROM unnest(%(words)s::text[]) AS word WHERE strpos(lower(v.document), lower(word)) > 0
    )
    AND NOT EXISTS (
        SELECT FROM quote_acceptance AS a WHERE a.account_id = %(account_id)s AND a.version_id = v.id
    )
    AND NOT EXISTS (
        SELECT FROM quote_conversion AS c WHERE c.account_id = %(account_id)s AND c.version_id = v.id
    )
    AND NOT EXISTS (
        SELECT FROM checkout AS k
        WHERE k.account_id = %(account_id)s AND k.source = 'quote' AND k.source_id = v.quote_id
            AND k.status IN ('done', 'paying') AND v.withdrawn_at IS NULL
    )
ORDER BY v.id
