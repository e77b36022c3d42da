WITH priced AS (
    UPDATE line_item AS l
    SET gross_minor = f.gross, discount_minor = f.discount, net_minor = f.net, tax_minor = f.tax, total_minor = f.total
    FROM unnest(
        %(ids)s::bigint[], %(gross)s::bigint[], %(discounts)s::bigint[], %(nets)s::bigint[], %(taxes)s::bigint[],
        %(totals)s::bigint[]
    ) AS f (id, gross, discount, net, tax, total)
    WHERE l.account_id = %(account_id)s AND l.id = f.id AND l.id = ANY(%(ids)s::bigint[])
)
UPDATE invoice
SET subtotal_minor = %(subtotal)s, discount_minor = %(discount)s, tax_minor = %(tax)s, total_minor = %(total)s,
    updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = %(id)s AND status = 'draft'
