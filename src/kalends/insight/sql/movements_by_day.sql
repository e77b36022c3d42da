-- What moved on each day; all that came before the first day counts as of the day before it.
SELECT
    greatest(m.on_date, %(first)s::date - 1) AS day, m.currency, m.{reason},
    CASE WHEN m.{reason} = 'churn' THEN m.status_after END AS cause, sum(m.{amount})::bigint, count(*)
FROM revenue_movement AS m
WHERE m.account_id = %(account_id)s AND m.on_date <= %(last)s AND m.{reason} IS NOT NULL
    AND (%(currency)s::text IS NULL OR m.currency = %(currency)s)
    {scope}
GROUP BY 1, 2, 3, 4
ORDER BY 1
