SELECT p.currency, count(*), sum(p.amount_minor)::bigint
FROM payment AS p
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
WHERE p.account_id = %(account_id)s
    AND p.next_retry_on <= %(day)s
    AND p.status = 'failed'
    AND s.payment_method_id IS NOT NULL
    AND s.status = ANY(%(chargeable)s)
GROUP BY p.currency
