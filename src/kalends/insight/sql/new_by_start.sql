-- What came in new, by the day on which the subscription was first billed; one that is gone, by the day it came in.
SELECT coalesce(s.start_date, m.on_date) AS day, m.currency, sum(m.{amount})::bigint, count(*)
FROM revenue_movement AS m
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = m.subscription_id
WHERE m.account_id = %(account_id)s AND m.{reason} = 'new'
    AND coalesce(s.start_date, m.on_date) BETWEEN %(first)s AND %(last)s
    AND (%(currency)s::text IS NULL OR m.currency = %(currency)s)
    {scope}
GROUP BY 1, 2
ORDER BY 1
