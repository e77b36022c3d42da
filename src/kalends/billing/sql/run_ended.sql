UPDATE billing_run
SET ended_at = %(ended_at)s,
    invoiced = %(invoiced)s,
    collected = %(collected)s,
    processing = %(processing)s,
    failed = %(failed)s,
    unknown = %(unknown)s,
    parked = %(parked)s
WHERE account_id = %(account_id)s AND id = %(id)s
RETURNING CASE WHEN ended_at IS NOT NULL THEN pg_advisory_unlock(id) END
