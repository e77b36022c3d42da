-- The lines of an invoice, each with what was credited of it so far.
SELECT
    l.id, l.name, l.total_minor - l.tax_minor, l.tax_minor,
    coalesce((
        SELECT sum(c.total_minor)::bigint FROM credit_note_line AS c
        WHERE c.account_id = %(account_id)s AND c.invoice_line_id = l.id
    ), 0)
FROM line_item AS l
WHERE l.account_id = %(account_id)s AND l.parent_id = %(id)s AND l.parent_type = 'invoice'
ORDER BY l.position, l.id
