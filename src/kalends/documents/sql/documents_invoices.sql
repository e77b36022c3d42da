-- An invoice with its subscription and its buyer, as kept where the contact was erased. The next invoice is told on the latest
-- one only.
SELECT
    i.id, i.number, i.status, i.currency, i.collection, i.invoice_date, i.due_date, i.issued_at, i.created_at,
    i.period_start, i.period_end, i.net_terms_days, i.fees_minor, i.order_discount_minor, i.tax_minor, i.total_minor,
    i.paid_minor, i.credited_minor,
    (
        SELECT coalesce(sum(a.amount_minor), 0)::bigint FROM credit_application AS a
        WHERE a.account_id = %(account_id)s AND a.invoice_id = i.id AND a.credit_note_id IS NULL
    ),
    i.purchase_order_number, i.comments, i.tax_ids, s.allowed_payment_methods, i.archived_at IS NOT NULL,
    coalesce(i.language, contact.language),
    s.name,
    CASE WHEN s.next_cycle = i.cycle + 1 AND s.status NOT IN ('canceled', 'expired') THEN s.next_due_date END,
    company.name, contact.company_name, contact.first_name, contact.last_name, contact.email,
    i.billing_address, i.billing_address2, i.billing_zip, i.billing_city, i.billing_state, i.billing_country,
    company.address, company.address2, company.zip, company.city, company.state, company.country,
    contact.address, NULL::text, contact.zip, contact.city, contact.state, contact.country,
    kept.name, kept.attention, kept.address, kept.country
FROM invoice AS i
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = i.contact_id
LEFT JOIN company ON company.account_id = %(account_id)s
    AND company.id = coalesce(i.company_id, contact.primary_company_id)
LEFT JOIN kept_buyer AS kept ON kept.account_id = %(account_id)s AND kept.id = i.id
WHERE i.account_id = %(account_id)s AND i.id = ANY(%(ids)s::bigint[])
