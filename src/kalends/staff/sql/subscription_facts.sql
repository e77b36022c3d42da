SELECT
    s.name, s.status, s.currency, s.collection, s.frequency, s.anchor_date, s.anchor_cycle, s.next_cycle,
    s.next_due_date, s.next_amount_minor, s.expected_payments, s.completed_payments, s.collected_minor,
    s.net_terms_days, s.resume_on, s.end_date, s.creates_invoices,
    pm.kind, pm.brand, pm.last4, pm.expires_on,
    nullif(concat_ws(' ', c.first_name, c.last_name), ''), c.email, c.job_title,
    co.name, nullif(concat_ws(', ', nullif(co.city, ''), nullif(co.country, '')), ''), co.domain
FROM subscription AS s
LEFT JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = s.contact_id
LEFT JOIN company AS co ON co.account_id = %(account_id)s AND co.id = s.company_id
LEFT JOIN payment_method AS pm ON pm.account_id = %(account_id)s AND pm.id = s.payment_method_id
WHERE s.account_id = %(account_id)s AND s.id = %(id)s AND s.archived_at IS NULL
