SELECT
    id, from_cycle, until_cycle, in_force_from, in_force_until, name, position,
    unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive
FROM line_item
WHERE account_id = %(account_id)s AND parent_id = %(id)s AND parent_type = 'subscription'
ORDER BY position, id
