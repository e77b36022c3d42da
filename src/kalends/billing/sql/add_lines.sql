-- Lines that an edit adds. One that replaces another takes over from it whatever it does not state itself; an empty
-- text takes a tax rate away.
INSERT INTO line_item (
    account_id, id, created_at, updated_at, source_label, owner_id, parent_type, parent_id, position, name, description,
    sku, unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive, tax_label, unit_cost,
    product_id, variant_id, product_type, tax_rate_group_id, currency, frequency, from_cycle, in_force_from,
    term, start_type, start_date, delay_days, delay_months, pricing_model, tier_ranges, tier_prices, buyer_quantity,
    buyer_quantity_min, buyer_quantity_max, images, url, custom
)
SELECT
    %(account_id)s, f.id, %(now)s, %(now)s, 'CRM_UI', old.owner_id, 'subscription', %(subscription)s, f.position, f.name,
    coalesce(f.description, old.description), coalesce(f.sku, old.sku), f.price, f.quantity, f.discount, f.percent,
    f.tax, f.inclusive, nullif(coalesce(f.tax_label, old.tax_label), ''), coalesce(f.cost, old.unit_cost),
    coalesce(f.product_id, old.product_id), coalesce(f.variant_id, old.variant_id),
    coalesce(f.product_type, old.product_type), nullif(coalesce(f.tax_group, old.tax_rate_group_id), ''), %(currency)s,
    %(frequency)s, %(first_cycle)s, %(in_force_from)s, old.term, old.start_type, old.start_date, old.delay_days,
    old.delay_months, old.pricing_model, old.tier_ranges, old.tier_prices, old.buyer_quantity, old.buyer_quantity_min,
    old.buyer_quantity_max, old.images, old.url, coalesce(old.custom, '{}')
FROM unnest(
    %(ids)s::bigint[], %(replaced)s::bigint[], %(positions)s::int[], %(names)s::text[], %(descriptions)s::text[],
    %(skus)s::text[], %(prices)s::numeric[], %(quantities)s::numeric[], %(discounts)s::numeric[],
    %(percents)s::numeric[], %(taxes)s::numeric[], %(inclusives)s::bool[], %(tax_labels)s::text[], %(costs)s::numeric[],
    %(products)s::bigint[], %(variants)s::bigint[], %(product_types)s::text[], %(tax_groups)s::text[]
) AS f (
    id, replaced, position, name, description, sku, price, quantity, discount, percent, tax, inclusive, tax_label, cost,
    product_id, variant_id, product_type, tax_group
)
LEFT JOIN line_item AS old ON old.account_id = %(account_id)s AND old.id = f.replaced
