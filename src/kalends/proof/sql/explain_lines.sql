SELECT
    id, name, unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive, levy, from_cycle,
    until_cycle
FROM line_item
WHERE account_id = %(account_id)s AND parent_id = %(parent)s
ORDER BY position, id
