-- Credit notes, each with what was still owed on its invoice once it was written.
SELECT
    n.id, n.invoice_id, n.number, n.issued_on, n.reason, n.total_minor, n.applied_minor, n.to_balance_minor,
    i.total_minor - coalesce((
        SELECT sum(c.amount_minor)::bigint FROM credit_application AS c
        WHERE c.account_id = %(account_id)s AND c.invoice_id = i.id AND coalesce(c.credit_note_id, c.id) <= n.id
    ), 0) - coalesce((
        SELECT sum(p.amount_minor)::bigint FROM payment AS p
        WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.settled_at <= n.created_at
    ), 0),
    lines.names, lines.totals
FROM credit_note AS n
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = n.invoice_id
CROSS JOIN LATERAL (
    SELECT array_agg(l.name ORDER BY c.id) AS names, array_agg(c.total_minor ORDER BY c.id) AS totals
    FROM credit_note_line AS c
    JOIN line_item AS l ON l.account_id = %(account_id)s AND l.id = c.invoice_line_id
    WHERE c.account_id = %(account_id)s AND c.credit_note_id = n.id
) AS lines
WHERE n.account_id = %(account_id)s AND n.id = ANY(%(ids)s::bigint[])
