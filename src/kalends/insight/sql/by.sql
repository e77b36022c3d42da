-- Subscriptions of today, by a property of theirs.
SELECT {key}, t.currency, count(*), sum(counted_mrr(t.status, t.mrr_minor, %(unpaid_counts)s))::bigint
FROM subscription AS t
WHERE {scope} AND (t.status = ANY(%(statuses)s) OR {every})
    AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
GROUP BY 1, 2
