-- Each number of an invoice or a credit note is split into the prefix of its series and the count; the longest prefix
-- that fits is its series. Both may share one.
WITH numbered AS (
    SELECT id, number, 'Invoice ' AS kind FROM invoice WHERE account_id = %(account_id)s AND status <> 'draft'
    UNION ALL
    SELECT id, number, 'Credit note ' FROM credit_note WHERE account_id = %(account_id)s
),
split AS (
    SELECT i.id, i.kind, i.number, series.prefix, substr(i.number, length(series.prefix) + 1) AS digits
    FROM numbered AS i
    LEFT JOIN LATERAL (
        SELECT s.prefix
        FROM invoice_series AS s
        WHERE s.account_id = %(account_id)s
            AND starts_with(i.number, s.prefix)
            AND substr(i.number, length(s.prefix) + 1) ~ '^[1-9][0-9]{0,17}$'
        ORDER BY length(s.prefix) DESC
        LIMIT 1
    ) AS series ON true
),
counted AS (
    SELECT
        id, kind, number, prefix, digits::bigint AS count,
        lag(digits::bigint, 1, 1000::bigint) OVER (PARTITION BY prefix ORDER BY digits::bigint, id) AS before
    FROM split
    WHERE prefix IS NOT NULL
),
ends AS (
    SELECT s.prefix, s.next_number, coalesce(max(c.count), 1000) + 1 AS follows
    FROM invoice_series AS s
    LEFT JOIN counted AS c ON c.prefix = s.prefix
    WHERE s.account_id = %(account_id)s
    GROUP BY s.prefix, s.next_number
)
SELECT split.kind || split.id, 'number', coalesce(split.number, 'nothing'), 'a number of one of the series', NULL::text
FROM split
WHERE split.prefix IS NULL
UNION ALL
SELECT
    kind || number, 'number', number,
    CASE
        WHEN count = before THEN 'one that no other has'
        WHEN before = 1000 THEN prefix || '1001, the first of its series'
        ELSE prefix || (before + 1) || ', the one after ' || prefix || before
    END,
    NULL
FROM counted
WHERE count <> before + 1
UNION ALL
SELECT 'Series ' || prefix, 'next number', next_number::text, follows::text, NULL
FROM ends
WHERE next_number <> follows
