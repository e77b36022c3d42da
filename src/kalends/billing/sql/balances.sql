-- What customers of a block have to their credit, locked until the block is written. Usually nobody has any.
SELECT contact_id, currency, balance_minor
FROM customer_credit
WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[]) AND balance_minor > 0
ORDER BY contact_id, currency
FOR UPDATE
