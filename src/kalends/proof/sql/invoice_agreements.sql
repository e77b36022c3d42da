-- Agreed lines count up, billed lines count down: what does not cancel out was billed and not agreed, or agreed and
-- not billed.
WITH cycle_invoice AS MATERIALIZED (
    SELECT id, number, subscription_id, cycle
    FROM invoice
    WHERE account_id = %(account_id)s AND reason = 'cycle' AND subscription_id IS NOT NULL
),
line AS (
    SELECT
        i.id AS invoice_id, 1 AS times, a.unit_price, a.quantity, a.discount_per_unit, a.discount_percent, a.tax_rate,
        a.tax_inclusive, a.currency
    FROM cycle_invoice AS i
    JOIN line_item AS a
        ON a.account_id = %(account_id)s
        AND a.parent_id = i.subscription_id
        AND a.parent_type = 'subscription'
        AND a.from_cycle <= i.cycle
        AND (a.until_cycle IS NULL OR i.cycle < a.until_cycle)
    UNION ALL
    SELECT
        b.parent_id, -1, b.unit_price, b.quantity, b.discount_per_unit, b.discount_percent, b.tax_rate,
        b.tax_inclusive, b.currency
    FROM line_item AS b
    JOIN cycle_invoice AS i ON i.id = b.parent_id
    WHERE b.account_id = %(account_id)s AND b.parent_type = 'invoice'
),
apart AS (
    SELECT
        invoice_id, sum(times) AS times,
        trim_scale(quantity) || ' x ' || trim_scale(unit_price) || ' ' || currency
            || CASE WHEN discount_per_unit <> 0 THEN ' less ' || trim_scale(discount_per_unit) || ' each' ELSE '' END
            || CASE WHEN discount_percent <> 0 THEN ' less ' || trim_scale(discount_percent) || ' %%' ELSE '' END
            || CASE WHEN tax_rate <> 0 THEN ', tax ' || trim_scale(tax_rate) || ' %%' ELSE '' END
            || CASE WHEN tax_inclusive THEN ' included' ELSE '' END AS words
    FROM line
    GROUP BY
        invoice_id, unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive, currency
    HAVING sum(times) <> 0
)
SELECT
    'Invoice ' || coalesce(i.number, i.id::text),
    'list of lines (payment ' || i.cycle + 1 || ' of subscription ' || i.subscription_id || ')',
    coalesce(string_agg(apart.words, '; ' ORDER BY apart.words) FILTER (WHERE apart.times < 0), 'without a line'),
    coalesce(string_agg(apart.words, '; ' ORDER BY apart.words) FILTER (WHERE apart.times > 0), 'without that line'),
    NULL::text
FROM apart
JOIN cycle_invoice AS i ON i.id = apart.invoice_id
GROUP BY i.id, i.number, i.cycle, i.subscription_id
