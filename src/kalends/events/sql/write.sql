INSERT INTO event (account_id, at, actor, kind, object_type, object_id, parent_id, data)
SELECT %(account_id)s, %(at)s, %(actor)s, fresh.kind, fresh.type, fresh.object, fresh.parent, fresh.data::jsonb
FROM unnest(
    %(kinds)s::text[], %(types)s::text[], %(objects)s::bigint[], %(parents)s::bigint[], %(data)s::text[]
) AS fresh (kind, type, object, parent, data)
