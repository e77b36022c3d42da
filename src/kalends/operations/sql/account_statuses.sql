-- How many subscriptions have which status.
SELECT status, count(*)
FROM subscription
WHERE account_id = %(account_id)s
GROUP BY status
ORDER BY status
