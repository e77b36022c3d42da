-- What the next run bills, by currency: how much is due, and how much was due before this day.
SELECT
    s.currency, count(*), coalesce(sum(s.next_amount_minor), 0)::bigint,
    count(*) FILTER (WHERE s.next_due_date < %(day)s)
FROM subscription AS s
WHERE s.account_id = %(account_id)s AND s.creates_invoices AND s.next_due_date <= %(day)s
    AND NOT EXISTS (
        SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
    )
GROUP BY s.currency
ORDER BY s.currency
