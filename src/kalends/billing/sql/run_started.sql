INSERT INTO billing_run (
    account_id, as_of, started_at, due, invoiced, collected, processing, failed, unknown, parked
)
SELECT %(account_id)s, %(as_of)s, %(started_at)s, count(*), 0, 0, 0, 0, 0, 0
FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.creates_invoices
    AND s.next_due_date <= %(day)s
    AND NOT EXISTS (
        SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
    )
-- Whoever runs holds this lock for as long as they live: a run without an end whose lock is free was killed.
RETURNING id, pg_advisory_lock(id)
