-- What was billed of the running cycle: by its own invoice, and by those of prorated edits since; with what was credited.
SELECT
    i.id, i.number, i.status = 'voided', i.reason = 'cycle', l.id, l.agreed_line_id, l.period_start, l.period_end,
    l.total_minor,
    coalesce((
        SELECT sum(c.total_minor) FROM credit_note_line AS c
        WHERE c.account_id = %(account_id)s AND c.invoice_line_id = l.id
    ), 0)::bigint
FROM invoice AS i
JOIN line_item AS l ON l.account_id = %(account_id)s AND l.parent_id = i.id AND l.parent_type = 'invoice'
WHERE i.account_id = %(account_id)s AND i.subscription_id = %(id)s AND i.cycle = %(cycle)s AND i.status <> 'draft'
ORDER BY i.id, l.position, l.id
