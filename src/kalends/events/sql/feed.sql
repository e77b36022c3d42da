SELECT e.id, e.at, e.kind, e.object_type, e.object_id, e.parent_id, e.actor, e.data::text
FROM event AS e
WHERE e.account_id = %(account_id)s
    AND e.id > %(after)s
    AND e.id <= %(settled)s
    AND (%(types)s::text[] IS NULL OR e.object_type = ANY(%(types)s::text[]))
ORDER BY e.id
LIMIT %(limit)s
