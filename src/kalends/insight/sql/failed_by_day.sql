-- Payments by the day on which a charge of theirs first failed: how many, what they come to, and what came in after all.
SELECT
    t.first_failed_on, t.currency, count(*), sum(t.amount_minor)::bigint,
    count(*) FILTER (WHERE t.settled_at IS NOT NULL AND t.status NOT IN ('processing', 'failed')),
    coalesce(
        sum(t.amount_minor) FILTER (WHERE t.settled_at IS NOT NULL AND t.status NOT IN ('processing', 'failed')), 0
    )::bigint
FROM payment AS t
WHERE t.first_failed_on BETWEEN %(first)s AND %(last)s AND {scope}
    AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
GROUP BY 1, 2
ORDER BY 1
