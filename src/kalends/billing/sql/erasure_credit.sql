SELECT balance_minor, currency FROM customer_credit
WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[]) AND balance_minor > 0
ORDER BY id
FOR UPDATE
