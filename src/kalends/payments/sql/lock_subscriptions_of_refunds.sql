SELECT FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.id = ANY(ARRAY(
        SELECT p.subscription_id
        FROM refund AS r
        JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
        WHERE r.account_id = %(account_id)s AND r.id = ANY(%(ids)s::bigint[])
    ))
ORDER BY s.id
FOR UPDATE
