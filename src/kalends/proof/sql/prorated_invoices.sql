-- The lines of invoices for the days left, beside the lines that were agreed: their terms, the day on which they came
-- into force, and the cycle whose days they share.
WITH prorated AS (
    SELECT id, number, subscription_id, cycle, period_start, period_end
    FROM invoice
    WHERE account_id = %(account_id)s AND reason LIKE 'proration-%%' AND subscription_id IS NOT NULL
),
whole AS (
    SELECT i.subscription_id, i.cycle, i.period_start, i.period_end
    FROM invoice AS i
    WHERE i.account_id = %(account_id)s AND i.reason = 'cycle' AND i.subscription_id IS NOT NULL
        AND i.subscription_id IN (SELECT subscription_id FROM prorated)
)
SELECT
    'Invoice ' || coalesce(p.number, p.id::text) || ', ' || b.name, f.figure, coalesce(f.stands, 'none'), f.should_be,
    NULL::text
FROM prorated AS p
JOIN line_item AS b ON b.account_id = %(account_id)s AND b.parent_id = p.id AND b.parent_type = 'invoice'
LEFT JOIN line_item AS a
    ON a.account_id = %(account_id)s AND a.id = b.agreed_line_id AND a.parent_type = 'subscription'
LEFT JOIN whole ON whole.subscription_id = p.subscription_id AND whole.cycle = p.cycle
CROSS JOIN LATERAL (
    VALUES
        ('agreed line', a.parent_id::text, p.subscription_id::text || ', a line of that subscription'),
        ('first cycle of the agreed line', a.from_cycle::text, (p.cycle + 1)::text),
        ('day on which it came into force', a.in_force_from::text, p.period_start::text),
        ('end of the days left', p.period_end::text, coalesce(whole.period_end, p.period_end)::text),
        ('beginning of the cycle', b.cycle_start::text, coalesce(whole.period_start, b.cycle_start)::text),
        (
            'terms',
            concat_ws(
                ' ', trim_scale(b.quantity), 'x', trim_scale(b.unit_price), b.currency, trim_scale(b.discount_per_unit),
                trim_scale(b.discount_percent), trim_scale(b.tax_rate), b.tax_inclusive
            ),
            concat_ws(
                ' ', trim_scale(a.quantity), 'x', trim_scale(a.unit_price), a.currency, trim_scale(a.discount_per_unit),
                trim_scale(a.discount_percent), trim_scale(a.tax_rate), a.tax_inclusive
            )
        )
) AS f (figure, stands, should_be)
WHERE split_part(coalesce(f.stands, 'none'), ', ', 1) IS DISTINCT FROM split_part(f.should_be, ', ', 1)
ORDER BY p.id, b.id
