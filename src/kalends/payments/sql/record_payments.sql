WITH fresh AS MATERIALIZED (
    SELECT *
    FROM ROWS FROM (unnest(
        %(ids)s::bigint[], %(invoices)s::bigint[], %(attempts)s::smallint[], %(amounts)s::bigint[], %(kinds)s::text[],
        %(ats)s::timestamptz[], %(references)s::text[]
    ), string_to_table('', '')) AS fresh (id, invoice_id, attempt, amount, kind, at, reference, many)
),
paid AS (
    INSERT INTO payment (
        account_id, id, created_at, updated_at, owner_id, invoice_id, subscription_id, contact_id, company_id, status,
        status_updated_at, currency, amount_minor, initiated_at, method_kind, customer_email, payment_type,
        creation_method, payment_source_app, payment_source_id, reference_number
    )
    SELECT
        %(account_id)s, fresh.id, %(now)s, %(now)s, i.owner_id, i.id, i.subscription_id, i.contact_id, i.company_id,
        'processing', fresh.at, i.currency, fresh.amount, fresh.at, fresh.kind, contact.email,
        CASE WHEN coalesce(i.cycle, 0) = 0 THEN 'one_time_or_initial' ELSE 'recurring' END, 'MANUAL', 'INVOICE',
        i.id::text, fresh.reference
    FROM fresh
    JOIN invoice AS i
        ON i.account_id = %(account_id)s AND i.id = ANY(%(invoices)s::bigint[]) AND i.id = fresh.invoice_id
    LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = i.contact_id
)
INSERT INTO charge_attempt (
    account_id, invoice_id, attempt, payment_id, status, amount_minor, currency, intended_at
)
SELECT %(account_id)s, i.id, fresh.attempt, fresh.id, 'sent', fresh.amount, i.currency, %(now)s
FROM fresh
JOIN invoice AS i
        ON i.account_id = %(account_id)s AND i.id = ANY(%(invoices)s::bigint[]) AND i.id = fresh.invoice_id
