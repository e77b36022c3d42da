SELECT
    parent_id, name, quantity, unit_price, discount_per_unit, discount_percent, tax_rate, tax_inclusive, tax_label,
    tax_minor, total_minor, levy
FROM line_item
WHERE account_id = %(account_id)s AND parent_id = ANY(%(ids)s::bigint[])
ORDER BY parent_id, position, id
