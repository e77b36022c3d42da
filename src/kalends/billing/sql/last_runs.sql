-- The last runs, newest first; one without an end lives as long as whoever runs it holds its lock.
SELECT
    r.id, r.as_of, r.started_at, r.ended_at, r.due, r.invoiced, r.collected, r.processing, r.failed, r.unknown, r.parked,
    r.ended_at IS NULL AND EXISTS (SELECT FROM locks_held() AS held WHERE held.key = r.id)
FROM billing_run AS r
WHERE r.account_id = %(account_id)s
ORDER BY r.id DESC
LIMIT %(limit)s
