SELECT FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.id = (
        SELECT i.subscription_id FROM invoice AS i WHERE i.account_id = %(account_id)s AND i.id = %(id)s
    )
FOR UPDATE
