-- The lines of one kind of parent, in the order of parents and as they were priced together.
SELECT
    parent_id, unit_price::text, quantity::text, discount_per_unit::text, discount_percent::text, tax_rate::text,
    tax_inclusive, gross_minor, discount_minor, net_minor, tax_minor, total_minor, period_start, period_end,
    from_cycle, until_cycle, currency, cycle_start, levy
FROM line_item
WHERE account_id = %(account_id)s AND parent_type = %(parent_type)s
    AND (parent_type <> 'subscription' OR frequency IS NOT NULL)
ORDER BY parent_id, position, id
