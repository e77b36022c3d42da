-- What was billed in each month, and what of it was paid within thirty days.
SELECT
    date_trunc('month', i.invoice_date)::date, i.currency, sum(i.total_minor)::bigint, sum(coalesce(p.paid, 0))::bigint
FROM invoice AS i
LEFT JOIN LATERAL (
    SELECT sum(t.amount_minor) AS paid
    FROM payment AS t
    WHERE t.account_id = %(account_id)s AND t.invoice_id = i.id AND t.status NOT IN ('processing', 'failed')
        AND (t.settled_at AT TIME ZONE %(time_zone)s)::date <= i.invoice_date + 30
) AS p ON true
WHERE i.account_id = %(account_id)s AND i.reason = 'cycle' AND i.status IN ('open', 'paid')
    AND i.invoice_date >= %(since)s AND i.invoice_date < %(until)s
    AND (%(currency)s::text IS NULL OR i.currency = %(currency)s)
    {scope}
GROUP BY 1, 2
