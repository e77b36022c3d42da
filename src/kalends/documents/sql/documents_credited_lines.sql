-- What credit notes took back, line by line; where days were taken back, the last of them is the day before the period ends.
SELECT
    c.credit_note_id, l.name, l.tax_label, l.tax_rate, c.net_minor, c.tax_minor, c.unused_from,
    CASE WHEN c.unused_from IS NOT NULL THEN l.period_end END
FROM credit_note_line AS c
JOIN line_item AS l ON l.account_id = %(account_id)s AND l.id = c.invoice_line_id
WHERE c.account_id = %(account_id)s AND c.credit_note_id = ANY(%(ids)s::bigint[])
ORDER BY c.credit_note_id, c.id
