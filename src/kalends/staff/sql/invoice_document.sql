SELECT
    i.id, i.number, i.status, i.currency, i.collection, i.invoice_date, i.due_date, i.period_start, i.period_end,
    i.subtotal_minor, i.order_discount_minor, i.fees_minor, i.tax_minor, i.total_minor, i.paid_minor,
    i.credited_minor, i.comments, i.tax_ids, i.subscription_id, s.name,
    nullif(concat_ws(' ', c.first_name, c.last_name), ''), c.email, co.name,
    i.billing_address, i.billing_address2, i.billing_zip, i.billing_city, i.billing_state, i.billing_country,
    i.checkout_answers
FROM invoice AS i
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
LEFT JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = i.contact_id
LEFT JOIN company AS co ON co.account_id = %(account_id)s AND co.id = i.company_id
WHERE i.account_id = %(account_id)s AND i.archived_at IS NULL AND (i.number = %(number)s OR i.id = %(id)s)
ORDER BY i.number = %(number)s DESC NULLS LAST
LIMIT 1
