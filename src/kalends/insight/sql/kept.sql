-- Of what counted when each bucket began: what was lost of it by its end, and what was added to it, each subscription
-- against itself. Buckets are counted from 1; 0 is the time before the first.
WITH moved AS (
    SELECT
        m.subscription_id, m.currency, width_bucket(m.on_date, %(starts)s::date[]) AS bucket,
        sum(m.{amount})::bigint AS amount
    FROM revenue_movement AS m
    WHERE m.account_id = %(account_id)s AND m.on_date <= %(last)s AND m.{reason} IS NOT NULL
        AND (%(currency)s::text IS NULL OR m.currency = %(currency)s)
        {scope}
    GROUP BY 1, 2, 3
),
stood AS (
    SELECT
        bucket, currency, amount,
        sum(amount) OVER (PARTITION BY subscription_id, currency ORDER BY bucket) - amount AS before
    FROM moved
)
SELECT
    bucket, currency, coalesce(sum(-amount) FILTER (WHERE amount < 0), 0)::bigint AS lost,
    coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint AS added,
    count(*) FILTER (WHERE before + amount = 0) AS gone
FROM stood
WHERE bucket > 0 AND before > 0
GROUP BY 1, 2
