INSERT INTO line_item (
    account_id, id, created_at, updated_at, source_label, parent_type, parent_id, position, name, description, sku,
    product_id, variant_id, product_type, unit_price, quantity, discount_per_unit, discount_percent, tax_rate,
    tax_inclusive, tax_label, tax_rate_group_id, currency, frequency, unit_cost,
    gross_minor, discount_minor, net_minor, tax_minor, total_minor, agreed_line_id, period_start, period_end,
    cycle_start
)
SELECT
    %(account_id)s, billed.id, %(now)s, %(now)s, 'PAYMENTS', 'invoice', billed.invoice_id, agreed.position, agreed.name,
    agreed.description, agreed.sku, agreed.product_id, agreed.variant_id, agreed.product_type, agreed.unit_price,
    agreed.quantity, agreed.discount_per_unit, agreed.discount_percent, agreed.tax_rate, agreed.tax_inclusive,
    agreed.tax_label, agreed.tax_rate_group_id, agreed.currency, agreed.frequency, agreed.unit_cost,
    billed.gross, billed.discount, billed.net, billed.tax, billed.total, agreed.id, billed.period_start, billed.period_end,
    billed.cycle_start
FROM ROWS FROM (unnest(
    %(ids)s::bigint[], %(agreed)s::bigint[], %(invoices)s::bigint[], %(gross)s::bigint[], %(discount)s::bigint[],
    %(net)s::bigint[], %(tax)s::bigint[], %(total)s::bigint[], %(starts)s::date[], %(ends)s::date[],
    %(cycle_starts)s::date[]
), string_to_table('', '')) AS billed (
    id, agreed_id, invoice_id, gross, discount, net, tax, total, period_start, period_end, cycle_start, many
)
JOIN line_item AS agreed ON agreed.account_id = %(account_id)s AND agreed.id = billed.agreed_id
    AND agreed.id = ANY(%(agreed)s::bigint[])
