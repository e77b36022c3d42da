INSERT INTO line_item (
    account_id, id, created_at, updated_at, source_label, parent_type, parent_id, position, name, description, sku,
    unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive, tax_label, unit_cost,
    product_id, variant_id, product_type, tax_rate_group_id, currency, frequency, from_cycle
)
SELECT
    %(account_id)s, f.id, %(now)s, %(now)s, %(source)s, 'subscription', f.parent, f.position, f.name, f.description,
    f.sku, f.price, f.quantity, f.discount, f.percent, f.tax, f.inclusive, f.tax_label, f.cost, f.product_id, f.variant_id,
    f.product_type, f.tax_group, f.currency, f.frequency, f.first_cycle
FROM unnest(
    %(ids)s::bigint[], %(parents)s::bigint[], %(positions)s::int[], %(names)s::text[], %(descriptions)s::text[],
    %(skus)s::text[], %(prices)s::numeric[], %(quantities)s::numeric[], %(discounts)s::numeric[],
    %(percents)s::numeric[], %(taxes)s::numeric[], %(inclusives)s::bool[], %(tax_labels)s::text[], %(costs)s::numeric[],
    %(products)s::bigint[], %(variants)s::bigint[], %(product_types)s::text[], %(tax_groups)s::text[],
    %(currencies)s::text[], %(frequencies)s::text[], %(first_cycles)s::int[]
) AS f (
    id, parent, position, name, description, sku, price, quantity, discount, percent, tax, inclusive, tax_label, cost,
    product_id, variant_id, product_type, tax_group, currency, frequency, first_cycle
)
