SELECT m.processor
FROM payment_method AS m
WHERE m.account_id = %(account_id)s
UNION
SELECT p.processor
FROM payment AS p
WHERE p.account_id = %(account_id)s AND p.processor <> 'none'
ORDER BY 1
