-- What was settled, by the kind of payment method and the day.
SELECT
    t.method_kind, (t.settled_at AT TIME ZONE %(time_zone)s)::date, t.currency, sum(t.amount_minor)::bigint, count(*)
FROM payment AS t
WHERE t.settled_at >= %(since)s AND t.settled_at < %(until)s AND t.status NOT IN ('processing', 'failed') AND {scope}
    AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
GROUP BY 1, 2, 3
