-- The days on which customers came (+1) and were lost (-1): by how many subscriptions of theirs count at the end of each.
-- A customer is whom a subscription bills today, so that one who was merged or moved is not counted twice; of one that
-- is gone or was erased, whom it billed then.
WITH turned AS (
    SELECT
        coalesce(s.company_id, s.contact_id, m.customer_id, m.subscription_id) AS customer,
        greatest(m.on_date, %(first)s::date - 1) AS day,
        sum(CASE m.{reason} WHEN 'churn' THEN -1 WHEN 'new' THEN 1 WHEN 'reactivation' THEN 1 ELSE 0 END) AS turn
    FROM revenue_movement AS m
    LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = m.subscription_id
    WHERE m.account_id = %(account_id)s AND m.on_date <= %(last)s
        AND m.{reason} IN ('new', 'churn', 'reactivation')
        AND (%(currency)s::text IS NULL OR m.currency = %(currency)s)
        {scope}
    GROUP BY 1, 2
),
counted AS (
    SELECT day, turn, sum(turn) OVER (PARTITION BY customer ORDER BY day) AS has FROM turned WHERE turn <> 0
)
SELECT
    day,
    count(*) FILTER (WHERE has > 0 AND has = turn) AS came,
    count(*) FILTER (WHERE has = 0) AS lost
FROM counted
GROUP BY day
ORDER BY day
