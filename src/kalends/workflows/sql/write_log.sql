INSERT INTO workflow_log (
    account_id, enrollment_id, nth, workflow_id, version, record_id, action, kind, outcome, note, at
)
SELECT %(account_id)s, f.enrollment, f.nth, f.workflow, f.version, f.record, f.action, f.kind, f.outcome, f.note,
    %(now)s
FROM unnest(
    %(enrollments)s::bigint[], %(nths)s::int[], %(workflows)s::bigint[], %(versions)s::int[], %(records)s::bigint[],
    %(actions)s::text[], %(kinds)s::text[], %(outcomes)s::text[], %(notes)s::text[]
) AS f (enrollment, nth, workflow, version, record, action, kind, outcome, note)
