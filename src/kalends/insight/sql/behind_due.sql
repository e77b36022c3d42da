-- Subscriptions with payments on schedule in a span of days, with all that falls due in it; what is overdue counts today.
SELECT
    t.id, t.name,
    coalesce(com.name, nullif(concat_ws(' ', con.first_name, con.last_name), ''), con.email),
    due.day, NULL::text, (due.payments * t.next_amount_minor)::bigint, t.currency, 0
FROM subscription AS t
CROSS JOIN LATERAL (
    SELECT (%(months)s::jsonb ->> t.frequency)::int AS months, (%(days)s::jsonb ->> t.frequency)::int AS days
) AS every
CROSS JOIN LATERAL (
    SELECT min(each.day) AS day, count(*) AS payments
    FROM generate_series(
        0,
        least(
            coalesce(t.expected_payments - t.next_cycle, 10000),
            (%(last)s - t.next_due_date) / (28 * every.months + every.days) + 1
        ) - 1
    ) AS n
    CROSS JOIN LATERAL (
        SELECT greatest(
            (t.anchor_date + make_interval(
                months => (t.next_cycle - t.anchor_cycle + n)::int * every.months,
                days => (t.next_cycle - t.anchor_cycle + n)::int * every.days
            ))::date,
            %(today)s
        ) AS day
    ) AS each
    WHERE each.day BETWEEN %(first)s AND %(last)s
) AS due
LEFT JOIN company AS com ON com.account_id = %(account_id)s AND com.id = t.company_id {of_company}
LEFT JOIN contact AS con ON con.account_id = %(account_id)s AND con.id = t.contact_id {of_contact}
WHERE t.next_due_date <= %(last)s AND t.creates_invoices AND t.status IN ('scheduled', 'active', 'past_due', 'unpaid')
    AND t.next_amount_minor IS NOT NULL AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
    AND due.payments > 0
    AND (due.day, t.id, 0) > (%(after_day)s, %(after_id)s, %(after_number)s)
    AND {scope}
ORDER BY due.day, t.id
LIMIT %(limit)s
