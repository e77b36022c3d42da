-- Each line of a note against the invoice line that it takes back: after each note, what was credited of the net amount
-- is the nearest whole number to its share of all that was credited, and no line is credited with more than it is.
SELECT
    'Credit note ' || coalesce(n.number, c.credit_note_id::text) || ', line ' || coalesce(c.name, c.invoice_line_id::text),
    f.figure, f.stands::text, f.should_be::text, c.currency
FROM (
    SELECT
        c.credit_note_id, c.invoice_line_id, l.name, l.currency, l.parent_id, l.total_minor AS line_total,
        l.total_minor - l.tax_minor AS line_net,
        sum(c.total_minor) OVER so_far AS total, sum(c.net_minor) OVER so_far AS net
    FROM credit_note_line AS c
    LEFT JOIN line_item AS l ON l.account_id = %(account_id)s AND l.id = c.invoice_line_id
    WHERE c.account_id = %(account_id)s
    WINDOW so_far AS (PARTITION BY c.invoice_line_id ORDER BY c.credit_note_id, c.id)
) AS c
LEFT JOIN credit_note AS n ON n.account_id = %(account_id)s AND n.id = c.credit_note_id
CROSS JOIN LATERAL (
    VALUES
        ('amount credited so far', c.total, least(c.total, c.line_total)),
        (
            'net amount credited so far', c.net,
            CASE WHEN c.line_total > 0 THEN div(2 * c.line_net * c.total + c.line_total, 2 * c.line_total) ELSE 0 END
        )
) AS f (figure, stands, should_be)
WHERE f.stands IS DISTINCT FROM f.should_be
UNION ALL
SELECT
    'Credit note ' || n.number, 'invoice of line ' || l.name, coalesce(l.parent_id::text, 'none'), n.invoice_id::text, NULL
FROM credit_note_line AS c
JOIN credit_note AS n ON n.account_id = %(account_id)s AND n.id = c.credit_note_id
JOIN line_item AS l ON l.account_id = %(account_id)s AND l.id = c.invoice_line_id
WHERE c.account_id = %(account_id)s AND (l.parent_id, l.parent_type) IS DISTINCT FROM (n.invoice_id, 'invoice')
