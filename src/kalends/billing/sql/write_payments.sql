INSERT INTO payment (
    account_id, id, created_at, updated_at, source_label, owner_id, invoice_id, subscription_id, contact_id, company_id,
    payment_method_id, status, status_updated_at, currency, amount_minor, initiated_at, method_kind, brand, last4,
    bank_or_issuer, customer_email, processor, payment_type, creation_method, payment_source_app, payment_source_id,
    line_discount_minor, billing_address, billing_address2, billing_city, billing_state, billing_zip, billing_country
)
SELECT
    %(account_id)s, fresh.id, %(now)s, %(now)s, 'PAYMENTS', s.owner_id, fresh.invoice_id, s.id, s.contact_id,
    s.company_id, s.payment_method_id, 'processing', %(now)s, s.currency, fresh.amount, %(now)s, method.kind,
    method.brand, method.last4, method.bank_or_issuer, contact.email, method.processor,
    CASE WHEN fresh.cycle = 0 THEN 'one_time_or_initial' ELSE 'recurring' END, 'RECURRING', 'SUBSCRIPTION', s.id::text,
    fresh.discount, s.billing_address, s.billing_address2, s.billing_city, s.billing_state, s.billing_zip,
    s.billing_country
FROM ROWS FROM (unnest(
    %(ids)s::bigint[], %(invoices)s::bigint[], %(subscriptions)s::bigint[], %(cycles)s::int[], %(amounts)s::bigint[],
    %(discounts)s::bigint[]
), string_to_table('', '')) AS fresh (id, invoice_id, subscription_id, cycle, amount, discount, many)
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = fresh.subscription_id
    AND s.id = ANY(%(subscriptions)s::bigint[])
JOIN payment_method AS method ON method.account_id = %(account_id)s AND method.id = s.payment_method_id
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = s.contact_id
