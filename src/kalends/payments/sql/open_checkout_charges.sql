SELECT g.checkout_id, g.attempt
FROM checkout_charge AS g
JOIN checkout AS k ON k.account_id = %(account_id)s AND k.id = g.checkout_id AND k.status = 'paying'
WHERE g.account_id = %(account_id)s AND g.checkout_id = ANY(%(checkouts)s::bigint[]) AND g.status <> 'failed'
