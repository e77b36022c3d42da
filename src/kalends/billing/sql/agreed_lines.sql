-- Lines without a frequency are billed once; they may stand on a record, and are never billed by its schedule.
SELECT
    id, parent_id, from_cycle, until_cycle,
    unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive
FROM line_item
WHERE account_id = %(account_id)s AND parent_id = ANY(%(subscriptions)s::bigint[]) AND frequency IS NOT NULL
ORDER BY parent_id, position, id
