-- Every invoice in the order of ids, with the schedule of its subscription as it stands now.
SELECT
    i.id, i.number, i.currency, i.subtotal_minor, i.discount_minor, i.order_discount_minor, i.fees_minor, i.tax_minor,
    i.total_minor, i.period_start, i.period_end, i.cycle, s.id, s.frequency, s.start_date, s.anchor_date, s.anchor_cycle
FROM invoice AS i
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id AND i.reason = 'cycle'
WHERE i.account_id = %(account_id)s
ORDER BY i.id
