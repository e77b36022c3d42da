-- Records come into a workflow, each once for its occasion and never twice at a time. Who came in too often, or by too
-- many workflows one after another, is written down as stopped.
INSERT INTO enrollment (
    account_id, workflow_id, version, record_id, occasion, status, action, due_at, done, depth, cause, reason,
    enrolled_at, ended_at
)
SELECT
    %(account_id)s, %(workflow)s, %(version)s, f.record, f.occasion,
    CASE WHEN limits.reason <> '' THEN 'stopped' WHEN %(start)s = '' THEN 'finished' ELSE 'active' END,
    %(start)s,
    CASE WHEN limits.reason = '' AND %(start)s <> '' THEN %(now)s::timestamptz END,
    0, f.depth, nullif(f.cause, 0), limits.reason, %(now)s,
    CASE WHEN limits.reason <> '' OR %(start)s = '' THEN %(now)s::timestamptz END
FROM ROWS FROM (
    unnest(%(records)s::bigint[], %(occasions)s::text[], %(depths)s::smallint[], %(causes)s::bigint[]),
    string_to_table('', '')
) AS f (record, occasion, depth, cause, many)
CROSS JOIN LATERAL (
    SELECT count(*) AS came
    FROM enrollment AS e
    WHERE e.account_id = %(account_id)s AND e.workflow_id = %(workflow)s AND e.record_id = f.record
        AND e.enrolled_at > %(now)s::timestamptz - interval '1 day'
) AS today
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN f.depth > %(depth_max)s THEN 'chain'
        WHEN today.came >= %(a_day_max)s THEN 'often'
        ELSE ''
    END AS reason
) AS limits
WHERE NOT EXISTS (
    SELECT FROM enrollment AS e
    WHERE e.account_id = %(account_id)s AND e.workflow_id = %(workflow)s AND e.record_id = f.record
        AND e.ended_at IS NULL
)
ON CONFLICT DO NOTHING
RETURNING id, record_id, status
