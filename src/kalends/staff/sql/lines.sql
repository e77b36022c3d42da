SELECT
    l.name, l.description, l.currency, l.from_cycle, l.until_cycle, l.period_start, l.period_end, l.tax_label,
    l.net_minor, l.tax_minor, l.total_minor,
    l.unit_price, l.quantity, l.discount_per_unit, l.discount_percent, l.tax_rate, l.tax_inclusive,
    l.levy
FROM line_item AS l
WHERE
    l.account_id = %(account_id)s AND l.parent_type = %(parent_type)s AND l.parent_id = %(parent_id)s
    AND l.archived_at IS NULL
ORDER BY l.position, l.id
