-- What the lines of today's subscriptions that count bring in per month, by product.
SELECT l.product_id, t.currency, count(DISTINCT t.id), sum({mrr}), max(p.name)
FROM subscription AS t
JOIN line_item AS l ON l.account_id = %(account_id)s AND l.parent_id = t.id AND l.parent_type = 'subscription'
    AND l.archived_at IS NULL AND l.from_cycle <= t.next_cycle
    AND (l.until_cycle IS NULL OR t.next_cycle < l.until_cycle)
LEFT JOIN product AS p ON p.account_id = %(account_id)s AND p.id = l.product_id
WHERE {scope} AND t.status = ANY(%(statuses)s)
    AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
GROUP BY 1, 2
