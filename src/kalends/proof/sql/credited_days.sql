-- Every line of a credit note that takes back days of an edit, with what was charged and what was credited before it.
SELECT
    'Credit note ' || n.number || ', ' || l.name, n.currency, l.total_minor,
    coalesce((
        SELECT sum(earlier.total_minor) FROM credit_note_line AS earlier
        WHERE earlier.account_id = %(account_id)s
            AND earlier.invoice_line_id = c.invoice_line_id
            AND earlier.credit_note_id < c.credit_note_id
    ), 0)::bigint,
    c.total_minor, l.period_start, l.period_end, c.unused_from
FROM credit_note_line AS c
JOIN credit_note AS n ON n.account_id = %(account_id)s AND n.id = c.credit_note_id
JOIN line_item AS l ON l.account_id = %(account_id)s AND l.id = c.invoice_line_id
WHERE c.account_id = %(account_id)s AND c.unused_from IS NOT NULL
ORDER BY c.id
