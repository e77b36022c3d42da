-- The last runs; one without an end lives as long as whoever runs it holds its lock.
SELECT
    r.id, r.as_of, r.started_at, r.ended_at, r.due, r.invoiced, r.collected, r.processing, r.failed, r.unknown, r.parked,
    r.ended_at IS NULL AND EXISTS (
        SELECT FROM pg_locks AS l
        WHERE l.locktype = 'advisory'
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND l.granted AND l.objsubid = 1
            AND (l.classid::bigint << 32 | l.objid::bigint) = r.id
    )
FROM billing_run AS r
WHERE r.account_id = %(account_id)s
ORDER BY r.id DESC
LIMIT %(limit)s
