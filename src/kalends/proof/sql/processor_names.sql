SELECT DISTINCT m.processor
FROM payment_method AS m
WHERE m.account_id = %(account_id)s
ORDER BY m.processor
