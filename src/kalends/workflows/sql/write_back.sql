UPDATE enrollment AS e
SET status = f.status, action = f.action, due_at = f.due_at, waits_after = f.waits_after, done = f.done,
    reason = f.reason, ended_at = CASE WHEN f.status <> 'active' THEN %(now)s::timestamptz END
FROM ROWS FROM (
    unnest(
        %(ids)s::bigint[], %(statuses)s::text[], %(actions)s::text[], %(dues)s::timestamptz[], %(waits)s::bigint[],
        %(dones)s::int[], %(reasons)s::text[]
    ),
    string_to_table('', '')
) AS f (id, status, action, due_at, waits_after, done, reason, many)
WHERE e.account_id = %(account_id)s AND e.id = f.id AND e.id = ANY(%(ids)s::bigint[])
