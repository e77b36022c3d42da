-- A payment that a buyer makes on an invoice's page, by a method of theirs, and its first attempt.
WITH paid AS (
    INSERT INTO payment (
        account_id, id, created_at, updated_at, source_label, owner_id, invoice_id, subscription_id, contact_id,
        company_id, payment_method_id, status, status_updated_at, currency, amount_minor, initiated_at, method_kind,
        brand, last4, bank_or_issuer, customer_email, processor, payment_type, creation_method, payment_source_app,
        payment_source_id, billing_address, billing_address2, billing_city, billing_state, billing_zip, billing_country
    )
    SELECT
        %(account_id)s, %(id)s, %(now)s, %(now)s, 'PAYMENTS', i.owner_id, i.id, i.subscription_id, i.contact_id,
        i.company_id, method.id, 'processing', %(now)s, i.currency, %(amount)s, %(now)s, method.kind, method.brand,
        method.last4, method.bank_or_issuer, contact.email, method.processor,
        CASE WHEN coalesce(i.cycle, 0) = 0 THEN 'one_time_or_initial' ELSE 'recurring' END, 'CHECKOUT', 'INVOICE',
        i.id::text, i.billing_address, i.billing_address2, i.billing_city, i.billing_state, i.billing_zip,
        i.billing_country
    FROM invoice AS i
    JOIN payment_method AS method ON method.account_id = %(account_id)s AND method.id = %(method_id)s
    LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = i.contact_id
    WHERE i.account_id = %(account_id)s AND i.id = %(invoice_id)s
    RETURNING id, invoice_id, payment_method_id, amount_minor, currency
)
INSERT INTO charge_attempt (
    account_id, invoice_id, attempt, payment_id, payment_method_id, status, amount_minor, currency, intended_at
)
SELECT
    %(account_id)s, paid.invoice_id, %(attempt)s, paid.id, paid.payment_method_id, 'intended', paid.amount_minor,
    paid.currency, %(now)s
FROM paid
