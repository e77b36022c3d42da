SELECT
    i.id, i.number, i.status, i.currency, i.collection, i.cycle, i.reason, i.period_start, i.period_end, i.invoice_date,
    i.due_date, i.net_terms_days, i.subtotal_minor, i.order_discount_minor, i.fees_minor, i.tax_minor, i.total_minor,
    i.paid_minor, i.credited_minor, s.id, s.name, s.frequency, s.start_date, s.anchor_date, s.anchor_cycle,
    nullif(btrim(concat_ws(' ', c.first_name, c.last_name)), ''), c.email
FROM invoice AS i
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
LEFT JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = i.contact_id
WHERE i.account_id = %(account_id)s
    AND (upper(i.number) = upper(%(wanted)s) OR i.id = %(id)s)
ORDER BY upper(i.number) = upper(%(wanted)s) DESC NULLS LAST
LIMIT 1
