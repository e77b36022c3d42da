UPDATE payment AS p
SET status = moved.status,
    status_updated_at = moved.at,
    updated_at = %(now)s,
    fee_minor = moved.fee,
    settled_at = moved.settled,
    processor_ref = coalesce(moved.reference, p.processor_ref),
    failure_code = moved.code,
    failure_reason = moved.reason,
    next_retry_on = moved.retry_on,
    first_failed_on = moved.failed_on
FROM ROWS FROM (unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(fees)s::bigint[], %(ats)s::timestamptz[], %(settled)s::timestamptz[],
    %(references)s::text[], %(codes)s::text[], %(reasons)s::text[], %(retries)s::date[], %(failed_on)s::date[]
), string_to_table('', '')) AS moved (id, status, fee, at, settled, reference, code, reason, retry_on, failed_on, many)
WHERE p.account_id = %(account_id)s AND p.id = ANY(%(ids)s::bigint[]) AND p.id = moved.id
