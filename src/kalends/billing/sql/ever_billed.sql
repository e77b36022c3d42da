SELECT
    EXISTS (SELECT FROM invoice AS i WHERE i.account_id = %(account_id)s AND i.subscription_id = %(id)s)
    OR EXISTS (SELECT FROM payment AS p WHERE p.account_id = %(account_id)s AND p.subscription_id = %(id)s)
