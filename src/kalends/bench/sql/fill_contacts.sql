-- A chunk of contacts, every other one in Oslo.
INSERT INTO contact (account_id, id, created_at, updated_at, source_label, email, first_name, last_name, city)
SELECT
    %(account_id)s, nextval('record_id'), %(now)s::timestamptz - n %% 525600 * interval '1 minute',
    %(now)s::timestamptz - n %% 525600 * interval '1 minute', 'INTEGRATION', 'buyer' || n || '@bench.example', 'Buyer',
    'No. ' || n, CASE n %% 2 WHEN 0 THEN 'Oslo' ELSE 'Bergen' END
FROM generate_series(%(first)s::int, %(first)s::int + %(count)s::int - 1) AS n
