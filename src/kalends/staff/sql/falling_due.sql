-- Invoices by their due dates; and what the next payments of subscriptions will come to.
SELECT d.day, d.currency, sum(d.due)::bigint, sum(d.collected)::bigint, sum(d.failed)::bigint
FROM (
    SELECT
        i.due_date AS day,
        i.currency,
        i.total_minor - i.credited_minor AS due,
        i.paid_minor AS collected,
        CASE
            WHEN i.status = 'open' AND (
                i.due_date < %(today)s AND i.collection = 'manual'
                OR EXISTS (
                    SELECT FROM payment AS p
                    WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'failed'
                        AND p.archived_at IS NULL
                )
            ) THEN i.total_minor - i.credited_minor - i.paid_minor
            ELSE 0
        END AS failed
    FROM invoice AS i
    WHERE
        i.account_id = %(account_id)s
        AND i.due_date >= %(first)s AND i.due_date < %(following)s
        AND i.status IN ('open', 'paid')
        AND i.archived_at IS NULL
        AND (%(invoices)s::bigint[] IS NULL OR i.id = ANY(%(invoices)s::bigint[]))
    UNION ALL
    SELECT s.next_due_date, s.currency, coalesce(s.next_amount_minor, 0), 0, 0
    FROM subscription AS s
    WHERE
        s.account_id = %(account_id)s
        AND s.next_due_date >= %(first)s AND s.next_due_date < %(following)s
        AND s.creates_invoices
        AND s.archived_at IS NULL
        AND (%(subscriptions)s::bigint[] IS NULL OR s.id = ANY(%(subscriptions)s::bigint[]))
) AS d
GROUP BY d.day, d.currency
ORDER BY d.day, d.currency
