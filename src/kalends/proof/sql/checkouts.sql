-- Each checkout with the one charge that did not fail, beside the attempts on its invoices that name that charge; then
-- charges that attempts name and no checkout made, and how often links and codes were used.
WITH paid AS (
    SELECT charge_key, sum(amount_minor)::bigint AS amount, min(currency) AS currency
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND charge_key IS NOT NULL
    GROUP BY charge_key
),
bought AS (
    SELECT
        k.id, k.status, k.source, k.source_id, k.discount_code_id, k.currency, k.due_minor,
        coalesce(g.amount_minor, 0) AS charged,
        'kalends-' || %(known_as)s::bigint || '-' || k.id || '-' || g.attempt AS charge_key
    FROM checkout AS k
    LEFT JOIN checkout_charge AS g
        ON g.account_id = %(account_id)s AND g.checkout_id = k.id AND g.status <> 'failed'
    WHERE k.account_id = %(account_id)s
),
uses AS (
    SELECT 'Payment link ' || l.id AS what, l.uses AS stands,
        count(b.id) FILTER (WHERE b.status = 'done') AS should_be
    FROM payment_link AS l
    LEFT JOIN bought AS b ON b.source = 'payment_link' AND b.source_id = l.id
    WHERE l.account_id = %(account_id)s
    GROUP BY l.id, l.uses
    UNION ALL
    SELECT 'Discount code ' || c.code, c.uses, count(b.id) FILTER (WHERE b.status = 'done')
    FROM discount_code AS c
    LEFT JOIN bought AS b ON b.discount_code_id = c.id
    WHERE c.account_id = %(account_id)s
    GROUP BY c.id, c.code, c.uses
)
SELECT 'Checkout ' || b.id, f.figure, f.stands::text, f.should_be::text, b.currency
FROM bought AS b
LEFT JOIN paid ON paid.charge_key = b.charge_key
CROSS JOIN LATERAL (
    VALUES
        ('amount charged', b.charged, CASE b.status WHEN 'open' THEN 0 ELSE b.due_minor END),
        ('amount paid on invoices', coalesce(paid.amount, 0), CASE b.status WHEN 'done' THEN b.charged ELSE 0 END)
) AS f (figure, stands, should_be)
WHERE f.stands IS DISTINCT FROM f.should_be
UNION ALL
SELECT 'Charge ' || paid.charge_key, 'amount paid on invoices', paid.amount::text, '0', paid.currency
FROM paid
WHERE NOT EXISTS (SELECT FROM bought AS b WHERE b.charge_key = paid.charge_key)
UNION ALL
SELECT uses.what, 'number of uses', uses.stands::text, uses.should_be::text, NULL
FROM uses
WHERE uses.stands <> uses.should_be
