INSERT INTO task (
    account_id, object, record_id, subject, due_at, body, priority, owner_id, occasion, created_at, actor
)
SELECT %(account_id)s, f.object, f.record, f.subject, f.due_at, f.body, f.priority, f.owner, f.occasion, %(now)s, %(actor)s
FROM unnest(
    %(objects)s::text[], %(records)s::bigint[], %(subjects)s::text[], %(dues)s::timestamptz[], %(bodies)s::text[],
    %(priorities)s::text[], %(owners)s::bigint[], %(occasions)s::text[]
) AS f (object, record, subject, due_at, body, priority, owner, occasion)
ON CONFLICT ON CONSTRAINT task_once DO NOTHING
RETURNING id
