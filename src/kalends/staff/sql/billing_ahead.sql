-- What the next runs bill, by currency: what is late already, what is due today, and what is due within the week.
SELECT
    s.currency,
    count(*) FILTER (WHERE s.next_due_date < %(today)s),
    coalesce(sum(s.next_amount_minor) FILTER (WHERE s.next_due_date < %(today)s), 0)::bigint,
    count(*) FILTER (WHERE s.next_due_date = %(today)s),
    coalesce(sum(s.next_amount_minor) FILTER (WHERE s.next_due_date = %(today)s), 0)::bigint,
    count(*) FILTER (WHERE s.next_due_date > %(today)s),
    coalesce(sum(s.next_amount_minor) FILTER (WHERE s.next_due_date > %(today)s), 0)::bigint
FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.creates_invoices
    AND s.next_due_date <= %(until)s
    AND NOT EXISTS (
        SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
    )
GROUP BY s.currency
ORDER BY count(*) DESC
