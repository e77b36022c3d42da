SELECT
    s.id, s.name, s.status, s.collection, s.creates_invoices, s.currency, s.frequency, s.start_date, s.anchor_date,
    s.anchor_cycle, s.next_cycle, s.next_due_date, s.next_amount_minor, s.expected_payments, s.net_terms_days,
    (s.canceled_at AT TIME ZONE %(zone)s)::date, (s.paused_at AT TIME ZONE %(zone)s)::date, s.resume_on,
    nullif(btrim(concat_ws(' ', c.first_name, c.last_name)), ''), c.email, last.number, last.total_minor, last.cycle,
    last.invoice_date
FROM subscription AS s
LEFT JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = s.contact_id
LEFT JOIN LATERAL (
    SELECT i.number, i.total_minor, i.cycle, i.invoice_date
    FROM invoice AS i
    WHERE i.account_id = %(account_id)s AND i.subscription_id = s.id AND i.reason = 'cycle'
    ORDER BY i.cycle DESC
    LIMIT 1
) AS last ON true
WHERE s.account_id = %(account_id)s AND s.id = %(subscription)s
