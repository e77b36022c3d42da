-- How often a letter was decided on, and whether one of these is on its way.
SELECT
    max(coalesce(nullif(split_part(occasion, %(again)s, 2), ''), '1')::int),
    bool_or(status IN ('queued', 'sending'))
FROM message
WHERE account_id = %(account_id)s
    AND object_id = %(object_id)s
    AND kind = %(kind)s
    AND split_part(occasion, %(again)s, 1) = %(occasion)s
    AND (recipient = ANY(%(recipients)s::text[]))
