-- A chunk of the book that programs ask about: for every twenty subscriptions five contacts and one company, tied as
-- a program would have tied them, and each with the event that it was made.
WITH companies AS MATERIALIZED (
    SELECT n, nextval('record_id') AS id
    FROM generate_series(%(first)s::int / 20, (%(first)s::int + %(count)s::int - 1) / 20) AS n
),
contacts AS MATERIALIZED (
    SELECT n, nextval('record_id') AS id
    FROM generate_series(%(first)s::int / 4, (%(first)s::int + %(count)s::int - 1) / 4) AS n
),
subscriptions AS MATERIALIZED (
    SELECT
        n,
        nextval('record_id') AS id,
        %(now)s::timestamptz - n %% 525600 * interval '1 minute' AS at,
        (ARRAY['active', 'active', 'active', 'active', 'active', 'active', 'active', 'scheduled', 'past_due', 'unpaid',
            'paused', 'canceled'])[1 + n %% 12] AS status
    FROM generate_series(%(first)s::int, %(first)s::int + %(count)s::int - 1) AS n
),
new_companies AS (
    INSERT INTO company (account_id, id, created_at, updated_at, source_label, name, domain, city)
    SELECT %(account_id)s, c.id, %(now)s, %(now)s, 'INTEGRATION', 'Fleet ' || c.n, 'fleet' || c.n || '.example', 'Oslo'
    FROM companies AS c
),
new_contacts AS (
    INSERT INTO contact (
        account_id, id, created_at, updated_at, source_label, email, first_name, last_name, city, primary_company_id
    )
    SELECT
        %(account_id)s, p.id, %(now)s, %(now)s, 'INTEGRATION', 'buyer' || p.n || '@bench.example', 'Buyer', 'No. ' || p.n,
        'Oslo', c.id
    FROM contacts AS p
    JOIN companies AS c ON c.n = p.n / 5
),
new_subscriptions AS (
    INSERT INTO subscription (
        account_id, id, created_at, updated_at, source_label, name, status, collection, creates_invoices, frequency,
        currency, start_date, anchor_date, next_due_date, next_amount_minor, mrr_minor, arr_minor, contact_id,
        company_id, import_key
    )
    SELECT
        %(account_id)s, s.id, s.at, s.at, 'INTEGRATION', 'Fleet Core ' || s.n, s.status, 'manual', TRUE, 'monthly', 'EUR',
        s.at::date, s.at::date,
        CASE WHEN s.status NOT IN ('paused', 'canceled') THEN %(today)s::date + (s.n %% 365)::int END,
        1900 + s.n %% 40 * 100, 1900 + s.n %% 40 * 100, 12 * (1900 + s.n %% 40 * 100), p.id, c.id, 'bench-' || s.n
    FROM subscriptions AS s
    JOIN contacts AS p ON p.n = s.n / 4
    JOIN companies AS c ON c.n = s.n / 20
),
new_ties AS (
    INSERT INTO association (account_id, from_type, from_id, to_type, to_id, type_id, created_at)
    SELECT %(account_id)s, t.from_type, t.from_id, t.to_type, t.to_id, t.type_id, %(now)s
    FROM contacts AS p
    JOIN companies AS c ON c.n = (p.n + 5) / 5
    CROSS JOIN LATERAL (
        VALUES ('contact', p.id, 'company', c.id, 279), ('company', c.id, 'contact', p.id, 280)
    ) AS t (from_type, from_id, to_type, to_id, type_id)
)
INSERT INTO event (account_id, at, actor, kind, object_type, object_id, parent_id, data)
SELECT %(account_id)s, %(now)s, 'system', made.type || '.created', made.type, made.id, made.parent, '{}'
FROM (
    SELECT 'company' AS type, id, NULL::bigint AS parent FROM companies
    UNION ALL
    SELECT 'contact', id, NULL FROM contacts
    UNION ALL
    SELECT 'subscription', id, id FROM subscriptions
) AS made
