-- What each movement should say, by those before it, in both readings of Unpaid; and their sums, by what counts today.
WITH told AS (
    SELECT
        m.*,
        row_number() OVER (PARTITION BY m.subscription_id ORDER BY m.number) AS place,
        coalesce(sum(m.amount_minor) OVER of_currency, 0)::bigint AS had,
        coalesce(bool_or(m.reason IS NOT NULL) OVER of_all, false) AS counted,
        coalesce(sum(m.amount_with_unpaid_minor) OVER of_currency, 0)::bigint AS had_with_unpaid,
        coalesce(bool_or(m.reason_with_unpaid IS NOT NULL) OVER of_all, false) AS counted_with_unpaid,
        CASE WHEN m.status_after IN ('active', 'past_due') THEN m.mrr_after_minor ELSE 0 END AS has,
        CASE WHEN m.status_after IN ('active', 'past_due', 'unpaid') THEN m.mrr_after_minor ELSE 0 END AS has_with_unpaid
    FROM revenue_movement AS m
    WHERE m.account_id = %(account_id)s
    WINDOW
        of_currency AS (
            PARTITION BY m.subscription_id, m.currency ORDER BY m.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ),
        of_all AS (PARTITION BY m.subscription_id ORDER BY m.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
readings AS (
    SELECT
        told.subscription_id, told.number, told.place, told.currency, r.*
    FROM told
    CROSS JOIN LATERAL (
        VALUES
            ('', told.reason, told.amount_minor, told.had, told.has, told.counted),
            (
                ' with unpaid', told.reason_with_unpaid, told.amount_with_unpaid_minor, told.had_with_unpaid,
                told.has_with_unpaid, told.counted_with_unpaid
            )
    ) AS r (reading, reason, amount, had, has, counted)
),
sums AS (
    SELECT
        subscription_id, currency, sum(amount_minor)::bigint AS total,
        sum(amount_with_unpaid_minor)::bigint AS total_with_unpaid
    FROM told
    GROUP BY subscription_id, currency
),
standing AS (
    SELECT
        id, name, currency,
        CASE WHEN status IN ('active', 'past_due') THEN mrr_minor ELSE 0 END AS counts,
        CASE WHEN status IN ('active', 'past_due', 'unpaid') THEN mrr_minor ELSE 0 END AS counts_with_unpaid
    FROM subscription
    WHERE account_id = %(account_id)s
)
SELECT
    'Subscription ' || readings.subscription_id || ', movement ' || readings.number, f.figure, f.stands, f.should_be,
    f.currency
FROM readings
CROSS JOIN LATERAL (
    VALUES
        ('number', readings.number::text, readings.place::text, NULL::text),
        (
            'amount' || readings.reading, readings.amount::text, (readings.has - readings.had)::text, readings.currency
        ),
        (
            'reason' || readings.reading, readings.reason,
            CASE
                WHEN readings.has = readings.had THEN NULL
                WHEN readings.had = 0 AND readings.counted THEN 'reactivation'
                WHEN readings.had = 0 THEN 'new'
                WHEN readings.has = 0 THEN 'churn'
                WHEN readings.has > readings.had THEN 'upgrade'
                ELSE 'downgrade'
            END,
            NULL
        )
) AS f (figure, stands, should_be, currency)
WHERE f.stands IS DISTINCT FROM f.should_be
UNION ALL
SELECT
    'Subscription ' || coalesce(standing.id, sums.subscription_id) || coalesce(' (' || standing.name || ')', ''),
    f.figure, f.stands, f.should_be, coalesce(sums.currency, standing.currency)
FROM standing
FULL JOIN sums ON sums.subscription_id = standing.id AND sums.currency = standing.currency
CROSS JOIN LATERAL (
    VALUES
        ('revenue that moved', coalesce(sums.total, 0)::text, coalesce(standing.counts, 0)::text),
        (
            'revenue that moved with unpaid', coalesce(sums.total_with_unpaid, 0)::text,
            coalesce(standing.counts_with_unpaid, 0)::text
        )
) AS f (figure, stands, should_be)
WHERE f.stands IS DISTINCT FROM f.should_be
ORDER BY 1, 2
