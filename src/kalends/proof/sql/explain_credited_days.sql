-- What credit notes took back for unused days of the lines of an invoice, in the order of the notes.
SELECT n.number, n.issued_on, l.name, l.total_minor, c.total_minor, l.period_start, l.period_end, c.unused_from
FROM credit_note AS n
JOIN credit_note_line AS c ON c.account_id = %(account_id)s AND c.credit_note_id = n.id AND c.unused_from IS NOT NULL
JOIN line_item AS l ON l.account_id = %(account_id)s AND l.id = c.invoice_line_id
WHERE n.account_id = %(account_id)s AND n.invoice_id = %(invoice)s
ORDER BY n.id, c.id
