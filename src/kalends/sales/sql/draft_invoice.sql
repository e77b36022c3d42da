-- A draft whose lines follow: its subtotal is what the order discount takes off, so that it adds up meanwhile.
INSERT INTO invoice (
    account_id, id, created_at, updated_at, source_label, owner_id, currency, contact_id, company_id, net_terms_days,
    language, tax_ids, billing_address, billing_address2, billing_city, billing_state, billing_zip, billing_country,
    status, invoice_date, due_date, subtotal_minor, discount_minor, order_discount_minor, tax_minor, total_minor,
    allow_partial_payments
)
VALUES (
    %(account_id)s, %(id)s, %(now)s, %(now)s, %(source)s, %(owner)s, %(currency)s, %(contact)s, %(company)s, 0,
    %(language)s, %(tax_ids)s, %(address)s, %(address2)s, %(city)s, %(state)s, %(zip)s, %(country)s,
    'draft', %(today)s, %(today)s, %(off)s, %(off)s, %(off)s, 0, 0, %(partial_payments)s
)
