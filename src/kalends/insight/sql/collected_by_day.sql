-- What was settled on each day, and what was given back; seen payments of the question's subscriptions.
SELECT day, currency, sum(settled)::bigint, sum(given_back)::bigint, count(*) FILTER (WHERE settled > 0)
FROM (
    SELECT (t.settled_at AT TIME ZONE %(time_zone)s)::date AS day, t.currency, t.amount_minor AS settled, 0 AS given_back
    FROM payment AS t
    WHERE t.settled_at >= %(since)s AND t.settled_at < %(until)s AND t.status NOT IN ('processing', 'failed') AND {scope}
    UNION ALL
    SELECT (r.settled_at AT TIME ZONE %(time_zone)s)::date, r.currency, 0, r.amount_minor
    FROM refund AS r
    JOIN payment AS t ON t.account_id = %(account_id)s AND t.id = r.payment_id
    WHERE r.account_id = %(account_id)s AND r.status = 'succeeded'
        AND r.settled_at >= %(since)s AND r.settled_at < %(until)s AND {scope}
) AS flow
WHERE %(currency)s::text IS NULL OR currency = %(currency)s
GROUP BY day, currency
ORDER BY day
