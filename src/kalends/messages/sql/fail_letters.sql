UPDATE message AS m
SET status = 'failed', error = failed.reason
FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS failed (id, reason)
WHERE m.account_id = %(account_id)s AND m.id = failed.id
