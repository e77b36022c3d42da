-- Who was billed for the cycle before, and whose next cycle would have begun in these days, had nothing happened.
SELECT
    s.id, i.currency, i.total_minor, i.period_end,
    CASE
        WHEN s.status = 'canceled' OR s.cancel_on IS NOT NULL THEN 'canceled'
        WHEN s.status = 'paused' THEN 'paused'
        WHEN s.status = 'expired' OR s.next_cycle >= s.expected_payments THEN 'completed'
        WHEN parked.id IS NOT NULL THEN 'parked'
        ELSE 'no_due_date'
    END AS reason,
    CASE
        WHEN s.status = 'canceled' THEN s.canceled_at
        WHEN s.status = 'paused' THEN s.paused_at
        ELSE parked.since
    END AS since
FROM subscription AS s
JOIN invoice AS i
    ON i.account_id = %(account_id)s
    AND i.subscription_id = s.id
    AND i.cycle = s.next_cycle - 1
    AND i.reason = 'cycle'
LEFT JOIN parked_subscription AS parked ON parked.account_id = %(account_id)s AND parked.id = s.id
WHERE s.account_id = %(account_id)s
    AND (s.next_due_date IS NULL OR parked.id IS NOT NULL)
    AND i.period_end BETWEEN %(first)s AND %(last)s
ORDER BY i.period_end, s.id
