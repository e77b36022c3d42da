SELECT
    s.id, s.status, s.collection, s.currency, s.frequency, s.anchor_date, s.anchor_cycle, s.next_cycle,
    s.next_due_date, s.next_amount_minor, s.expected_payments, s.net_terms_days, s.payment_method_id, s.contact_id,
    s.email_invoices
FROM subscription AS s
WHERE s.account_id = %(account_id)s AND s.id = ANY(%(ids)s::bigint[])
ORDER BY s.id
FOR UPDATE
