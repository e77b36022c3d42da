-- A payment of its own for what is left of an invoice, by the method that its subscription has now.
WITH fresh AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::bigint[], %(invoices)s::bigint[], %(amounts)s::bigint[])
        AS fresh (id, invoice_id, amount)
),
paid AS (
    INSERT INTO payment (
        account_id, id, created_at, updated_at, source_label, owner_id, invoice_id, subscription_id, contact_id,
        company_id, payment_method_id, status, status_updated_at, currency, amount_minor, initiated_at, method_kind,
        brand, last4, bank_or_issuer, customer_email, processor, payment_type, creation_method, payment_source_app,
        payment_source_id, billing_address, billing_address2, billing_city, billing_state, billing_zip, billing_country
    )
    SELECT
        %(account_id)s, fresh.id, %(now)s, %(now)s, 'PAYMENTS', s.owner_id, i.id, s.id, s.contact_id, s.company_id,
        s.payment_method_id, 'processing', %(now)s, s.currency, fresh.amount, %(now)s, method.kind, method.brand,
        method.last4, method.bank_or_issuer, contact.email, method.processor,
        CASE WHEN i.cycle = 0 THEN 'one_time_or_initial' ELSE 'recurring' END, 'RECURRING', 'SUBSCRIPTION', s.id::text,
        s.billing_address, s.billing_address2, s.billing_city, s.billing_state, s.billing_zip, s.billing_country
    FROM fresh
    JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = fresh.invoice_id
    JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
    JOIN payment_method AS method ON method.account_id = %(account_id)s AND method.id = s.payment_method_id
    LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = s.contact_id
    RETURNING id, invoice_id, payment_method_id, amount_minor, currency
)
INSERT INTO charge_attempt (
    account_id, invoice_id, attempt, payment_id, payment_method_id, status, amount_minor, currency, intended_at
)
SELECT
    %(account_id)s, paid.invoice_id,
    1 + coalesce((
        SELECT max(a.attempt) FROM charge_attempt AS a
        WHERE a.account_id = %(account_id)s AND a.invoice_id = paid.invoice_id
    ), 0),
    paid.id, paid.payment_method_id, 'intended', paid.amount_minor, paid.currency, %(now)s
FROM paid
