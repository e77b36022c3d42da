-- The subscription first, where there is one: its row is the lock of all that belongs to it.
SELECT FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.id = (
        SELECT p.subscription_id FROM payment AS p WHERE p.account_id = %(account_id)s AND p.id = %(payment_id)s
    )
FOR UPDATE
