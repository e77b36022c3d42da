-- A subscription's row is the lock of all that belongs to it, and comes first: who charges by hand takes it first, too.
SELECT s.id FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.id = ANY(ARRAY(
        SELECT p.subscription_id
        FROM payment AS p
        WHERE p.account_id = %(account_id)s AND p.next_retry_on <= %(day)s AND p.status = 'failed'
    ))
ORDER BY s.id
FOR UPDATE
