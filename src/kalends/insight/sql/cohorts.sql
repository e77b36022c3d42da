-- Subscriptions by the month in which each was first billed, and what became of them month by month. What came in new
-- counts from that month on, also where it was taken over here later.
SELECT
    moved.cohort, CASE WHEN moved.{reason} = 'new' THEN moved.cohort ELSE moved.month END, moved.currency,
    sum(CASE moved.{reason} WHEN 'churn' THEN -1 WHEN 'new' THEN 1 WHEN 'reactivation' THEN 1 ELSE 0 END)::bigint,
    sum(moved.{amount})::bigint,
    count(*) FILTER (WHERE moved.{reason} = 'new'),
    coalesce(sum(moved.{amount}) FILTER (WHERE moved.{reason} = 'new'), 0)::bigint
FROM (
    SELECT
        m.{reason}, m.{amount}, m.currency, date_trunc('month', m.on_date)::date AS month,
        date_trunc('month', coalesce(
            s.start_date,
            min(m.on_date) FILTER (WHERE m.{reason} = 'new') OVER (PARTITION BY m.subscription_id)
        ))::date AS cohort
    FROM revenue_movement AS m
    LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = m.subscription_id
    WHERE m.account_id = %(account_id)s AND m.on_date <= %(last)s AND m.{reason} IS NOT NULL
        AND (%(currency)s::text IS NULL OR m.currency = %(currency)s)
        {scope}
) AS moved
WHERE moved.cohort >= %(since)s
GROUP BY 1, 2, 3
ORDER BY 1, 2
