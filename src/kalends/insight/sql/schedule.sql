-- What is on schedule, in groups of subscriptions that fall due on the same days for as long.
SELECT
    t.frequency, t.currency, t.anchor_date, t.next_cycle - t.anchor_cycle AS cycle,
    t.expected_payments - t.next_cycle AS payments, sum(t.next_amount_minor)::bigint, count(*)
FROM subscription AS t
WHERE t.next_due_date <= %(until)s AND t.creates_invoices AND t.status IN ('scheduled', 'active', 'past_due', 'unpaid')
    AND t.next_amount_minor IS NOT NULL AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
    AND {scope}
GROUP BY 1, 2, 3, 4, 5
