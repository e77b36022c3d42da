-- For every subscription of a chunk three invoices a month apart, each with its payment and the event that it was
-- issued: the last one of those that are past due failed, one in fifty was refunded, the others were paid.
WITH chosen AS MATERIALIZED (
    SELECT id, contact_id, company_id, status, start_date, next_amount_minor AS amount
    FROM subscription
    WHERE account_id = %(account_id)s AND id > %(after)s
    ORDER BY id
    LIMIT %(count)s
),
bills AS MATERIALIZED (
    SELECT
        s.id AS subscription_id, s.contact_id, s.company_id, s.amount, k AS cycle, nextval('record_id') AS id,
        nextval('record_id') AS payment_id, s.start_date + 30 * k - 60 AS on_day,
        (s.start_date + 30 * k - 60)::timestamp AT TIME ZONE 'UTC' + s.id %% 1440 * interval '1 minute' AS at,
        CASE
            WHEN k = 2 AND s.status IN ('past_due', 'unpaid') THEN 'failed'
            WHEN (s.id + k) %% 50 = 0 THEN 'refunded'
            ELSE 'succeeded'
        END AS outcome
    FROM chosen AS s
    CROSS JOIN generate_series(0, 2) AS k
),
new_invoices AS (
    INSERT INTO invoice (
        account_id, id, created_at, updated_at, source_label, number, status, subscription_id, contact_id, company_id,
        currency, cycle, reason, collection, invoice_date, due_date, issued_at, paid_at, past_due_at, subtotal_minor,
        discount_minor, tax_minor, total_minor, paid_minor, refunded_minor
    )
    SELECT
        %(account_id)s, b.id, b.at, b.at, 'INTEGRATION', 'BENCH-' || b.id,
        CASE WHEN b.outcome = 'failed' THEN 'open' ELSE 'paid' END, b.subscription_id, b.contact_id, b.company_id, 'EUR',
        b.cycle, 'cycle', 'automatic', b.on_day, b.on_day + 14, b.at,
        CASE WHEN b.outcome <> 'failed' THEN b.at END, CASE WHEN b.outcome = 'failed' THEN b.at END, b.amount, 0, 0, b.amount,
        CASE WHEN b.outcome = 'failed' THEN 0 ELSE b.amount END, CASE WHEN b.outcome = 'refunded' THEN b.amount ELSE 0 END
    FROM bills AS b
),
new_payments AS (
    INSERT INTO payment (
        account_id, id, created_at, updated_at, source_label, invoice_id, subscription_id, contact_id, company_id, status,
        status_updated_at, currency, amount_minor, refunded_minor, initiated_at, settled_at, method_kind, brand, last4,
        customer_email, processor
    )
    SELECT
        %(account_id)s, b.payment_id, b.at, b.at, 'INTEGRATION', b.id, b.subscription_id, b.contact_id, b.company_id,
        b.outcome, b.at, 'EUR', b.amount, CASE WHEN b.outcome = 'refunded' THEN b.amount ELSE 0 END, b.at,
        CASE WHEN b.outcome <> 'failed' THEN b.at END, 'card', 'Visa', lpad((b.id %% 10000)::text, 4, '0'),
        'buyer' || b.contact_id || '@bench.example', 'sandbox'
    FROM bills AS b
),
issued AS (
    INSERT INTO event (account_id, at, actor, kind, object_type, object_id, parent_id, data)
    SELECT %(account_id)s, b.at, 'system', 'invoice.issued', 'invoice', b.id, b.subscription_id, '{}'
    FROM bills AS b
)
SELECT max(id) FROM chosen
