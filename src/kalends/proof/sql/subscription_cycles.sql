-- The first cycle we have is where we began to bill (cycles before it were billed elsewhere); from there on none may
-- be missing. A cycle that stands in the journal as issued counts as had. Cycles are counted from the first day, until
-- the journal tells of another anchor.
WITH had AS (
    SELECT subscription_id, cycle
    FROM invoice
    WHERE account_id = %(account_id)s AND reason = 'cycle' AND subscription_id IS NOT NULL
),
counted AS (
    SELECT subscription_id, min(cycle) AS first, max(cycle) AS last, count(*) AS invoices, count(DISTINCT cycle) AS cycles
    FROM had
    GROUP BY subscription_id
),
told AS (
    SELECT
        parent_id AS subscription_id,
        min((data ->> 'cycle')::int) FILTER (WHERE kind = 'invoice.issued' AND NOT data ? 'reason') AS first,
        max(id) FILTER (WHERE kind <> 'invoice.issued' AND data -> 'changes' ? 'anchor_date') AS other_day,
        max(id) FILTER (WHERE kind <> 'invoice.issued' AND data -> 'changes' ? 'anchor_cycle') AS other_cycle
    FROM event
    WHERE account_id = %(account_id)s
        AND kind IN (
            'invoice.issued', 'subscription.resumed', 'subscription.edited', 'subscription.billing_started'
        )
    GROUP BY parent_id
)
SELECT 'Subscription ' || s.id || ' (' || s.name || ')', f.figure, f.stands, f.should_be, NULL::text
FROM subscription AS s
LEFT JOIN counted AS c ON c.subscription_id = s.id
LEFT JOIN told ON told.subscription_id = s.id
CROSS JOIN LATERAL (
    VALUES
        (
            'number of cycles billed', s.next_cycle,
            CASE WHEN c.invoices IS NULL AND told.first IS NULL THEN s.next_cycle ELSE coalesce(c.last, -1) + 1 END,
            '', NULL::date
        ),
        (
            'number of invoices', coalesce(c.invoices, 0)::int, coalesce(c.cycles, 0)::int,
            CASE WHEN c.cycles < c.invoices THEN ' (a cycle has two)' ELSE '' END, NULL
        ),
        (
            'number of cycles with an invoice', coalesce(c.cycles, 0)::int,
            coalesce(c.last - least(c.first, told.first) + 1, 0),
            CASE WHEN c.cycles < c.last - least(c.first, told.first) + 1 THEN coalesce((
                SELECT ' (payment ' || string_agg((n + 1)::text, ', ' ORDER BY n) || ' has none)'
                FROM generate_series(least(c.first, told.first), c.last) AS n
                WHERE NOT EXISTS (SELECT FROM had WHERE had.subscription_id = s.id AND had.cycle = n)
            ), '') ELSE '' END,
            NULL
        ),
        (
            'cycle that falls on the anchor', s.anchor_cycle,
            CASE WHEN told.other_cycle IS NULL THEN 0 ELSE (
                SELECT (e.data #>> '{changes,anchor_cycle,1}')::int FROM event AS e
                WHERE e.account_id = %(account_id)s AND e.id = told.other_cycle
            ) END,
            ' (counted from 0)', NULL
        ),
        (
            'day from which cycles are counted', s.anchor_date - s.start_date,
            CASE WHEN told.other_day IS NULL THEN 0 ELSE (
                SELECT (e.data #>> '{changes,anchor_date,1}')::date - s.start_date FROM event AS e
                WHERE e.account_id = %(account_id)s AND e.id = told.other_day
            ) END,
            '', s.start_date
        )
) AS numbers (figure, stands, should_be, hint, since)
CROSS JOIN LATERAL (
    SELECT
        numbers.figure, coalesce((numbers.since + numbers.stands)::text, numbers.stands::text) AS stands,
        coalesce((numbers.since + numbers.should_be)::text, numbers.should_be || numbers.hint) AS should_be
    WHERE numbers.stands <> numbers.should_be
) AS f
WHERE s.account_id = %(account_id)s
ORDER BY s.id
