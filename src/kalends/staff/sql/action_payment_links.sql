-- What actions on payment links go by.
SELECT id, name, status, uses, one_time_use
FROM payment_link
WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[]) AND archived_at IS NULL
