SELECT count(*)
FROM payment
WHERE account_id = %(account_id)s AND subscription_id = ANY(%(ids)s::bigint[]) AND status = 'processing'
