SELECT
    i.currency, i.order_discount_minor, l.id, l.name, l.unit_price, l.quantity, l.discount_per_unit, l.discount_percent,
    l.tax_rate, l.tax_inclusive, l.levy
FROM invoice AS i
JOIN line_item AS l ON l.account_id = %(account_id)s AND l.parent_id = i.id AND l.parent_type = 'invoice'
WHERE i.account_id = %(account_id)s AND i.id = %(id)s AND i.status = 'draft' AND l.archived_at IS NULL
ORDER BY l.position, l.id
