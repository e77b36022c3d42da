-- What actions on contacts go by.
SELECT id, email
FROM contact
WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[]) AND archived_at IS NULL
