-- A subscription's row is the lock of all that belongs to it; always in the order of ids, so nobody waits in a ring.
SELECT FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.id = ANY(ARRAY(
        SELECT invoice.subscription_id
        FROM invoice
        WHERE invoice.account_id = %(account_id)s AND invoice.id = ANY(%(invoices)s::bigint[])
    ))
ORDER BY s.id
FOR UPDATE
