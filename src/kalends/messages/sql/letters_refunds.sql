-- What stays paid is what was paid less all that had been given back by then.
SELECT
    r.id, r.payment_id, r.amount_minor, r.currency, coalesce(r.settled_at, r.requested_at),
    p.amount_minor - (
        SELECT coalesce(sum(earlier.amount_minor), 0)::bigint
        FROM refund AS earlier
        WHERE earlier.account_id = %(account_id)s
            AND earlier.payment_id = r.payment_id
            AND earlier.status = 'succeeded'
            AND (earlier.settled_at, earlier.number) <= (r.settled_at, r.number)
    )
FROM refund AS r
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
WHERE r.account_id = %(account_id)s AND r.id = ANY(%(ids)s::bigint[])
