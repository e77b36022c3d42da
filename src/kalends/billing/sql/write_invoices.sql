INSERT INTO invoice (
    account_id, id, created_at, updated_at, source_label, owner_id, currency, contact_id, company_id, net_terms_days,
    allowed_payment_methods, collect_address_types, comments, language, locale, tax_ids, billing_address,
    billing_address2, billing_city, billing_state, billing_zip, billing_country, number, status, subscription_id, cycle,
    reason, collection, period_start, period_end, invoice_date, due_date, issued_at, paid_at, subtotal_minor,
    discount_minor, order_discount_minor, tax_minor, total_minor, credited_minor, allow_partial_payments
)
SELECT
    %(account_id)s, fresh.id, %(now)s, %(now)s, 'PAYMENTS', s.owner_id, s.currency, s.contact_id, s.company_id,
    s.net_terms_days, s.allowed_payment_methods, s.collect_address_types, s.comments, s.language, s.locale, s.tax_ids,
    s.billing_address, s.billing_address2, s.billing_city, s.billing_state, s.billing_zip, s.billing_country,
    %(prefix)s || (%(first_number)s + fresh.position - 1)::text,
    CASE WHEN fresh.total = fresh.credit THEN 'paid' ELSE 'open' END, s.id, fresh.cycle, fresh.reason, s.collection,
    fresh.period_start, fresh.period_end, fresh.invoice_date, fresh.due_date, %(now)s,
    CASE WHEN fresh.total = fresh.credit THEN %(now)s::timestamptz END,
    fresh.subtotal, fresh.discount, fresh.order_discount, fresh.tax, fresh.total, fresh.credit, %(partial_payments)s
FROM ROWS FROM (unnest(
    %(ids)s::bigint[], %(subscriptions)s::bigint[], %(cycles)s::int[], %(starts)s::date[], %(ends)s::date[],
    %(dates)s::date[], %(dues)s::date[], %(subtotals)s::bigint[], %(discounts)s::bigint[],
    %(order_discounts)s::bigint[], %(taxes)s::bigint[],
    %(totals)s::bigint[], %(credits)s::bigint[], %(reasons)s::text[]
), string_to_table('', '')) WITH ORDINALITY AS fresh (
    id, subscription_id, cycle, period_start, period_end, invoice_date, due_date, subtotal, discount, order_discount,
    tax, total, credit, reason, many, position
)
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = fresh.subscription_id
    AND s.id = ANY(%(subscriptions)s::bigint[])
