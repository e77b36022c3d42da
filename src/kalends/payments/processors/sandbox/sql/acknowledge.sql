DELETE FROM sandbox_report AS report
USING unnest(%(due)s::timestamptz[], %(events)s::text[]) AS told (due_at, event_id)
WHERE report.account_id = %(account)s AND report.due_at = told.due_at AND report.event_id = told.event_id
