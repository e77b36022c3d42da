-- The first cycle we have is where we began to bill (cycles before it were billed elsewhere); from there on none may
-- be missing. A cycle that stands in the journal as issued counts as had.
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
issued AS (
    SELECT parent_id AS subscription_id, min((data ->> 'cycle')::int) AS first
    FROM event
    WHERE account_id = %(account_id)s AND kind = 'invoice.issued'
    GROUP BY parent_id
)
SELECT 'Subscription ' || s.id || ' (' || s.name || ')', f.figure, f.stands, f.should_be, NULL::text
FROM subscription AS s
LEFT JOIN counted AS c ON c.subscription_id = s.id
LEFT JOIN issued ON issued.subscription_id = s.id
CROSS JOIN LATERAL (
    VALUES
        (
            'number of cycles billed', s.next_cycle,
            CASE WHEN c.invoices IS NULL AND issued.first IS NULL THEN s.next_cycle ELSE coalesce(c.last, -1) + 1 END,
            ''
        ),
        (
            'number of invoices', coalesce(c.invoices, 0)::int, coalesce(c.cycles, 0)::int,
            CASE WHEN c.cycles < c.invoices THEN ' (a cycle has two)' ELSE '' END
        ),
        (
            'number of cycles with an invoice', coalesce(c.cycles, 0)::int,
            coalesce(c.last - least(c.first, issued.first) + 1, 0),
            CASE WHEN c.cycles < c.last - least(c.first, issued.first) + 1 THEN coalesce((
                SELECT ' (payment ' || string_agg((n + 1)::text, ', ' ORDER BY n) || ' has none)'
                FROM generate_series(least(c.first, issued.first), c.last) AS n
                WHERE NOT EXISTS (SELECT FROM had WHERE had.subscription_id = s.id AND had.cycle = n)
            ), '') ELSE '' END
        )
) AS numbers (figure, stands, should_be, hint)
CROSS JOIN LATERAL (
    SELECT numbers.figure, numbers.stands::text AS stands, numbers.should_be || numbers.hint AS should_be
    WHERE numbers.stands <> numbers.should_be
) AS f
WHERE s.account_id = %(account_id)s
ORDER BY s.id
