-- The invoice lines of a subscription whose period is not over, and what was taken back of each: amounts, and days from
-- one on. What is owed of an invoice counts money under way as not paid yet.
SELECT
    i.id, i.number, i.total_minor - i.paid_minor - i.credited_minor,
    l.name, l.period_start, l.period_end, l.total_minor,
    coalesce(credited.amount, 0), coalesce(credited.days, 0), credited.unused_from
FROM invoice AS i
JOIN line_item AS l ON l.account_id = %(account_id)s AND l.parent_id = i.id AND l.parent_type = 'invoice'
CROSS JOIN LATERAL (
    SELECT
        sum(c.total_minor) FILTER (WHERE c.unused_from IS NULL)::bigint AS amount,
        sum(c.total_minor) FILTER (WHERE c.unused_from IS NOT NULL)::bigint AS days,
        min(c.unused_from) AS unused_from
    FROM credit_note_line AS c
    WHERE c.account_id = %(account_id)s AND c.invoice_line_id = l.id
) AS credited
WHERE i.account_id = %(account_id)s
    AND i.subscription_id = %(id)s
    AND i.status IN ('open', 'paid')
    AND i.period_end > %(today)s
    AND l.period_end > %(today)s
ORDER BY i.id, l.position, l.id
