-- What intend_retries.sql would charge, for a rehearsal.
SELECT p.currency, count(*), sum(least(p.amount_minor, i.total_minor - i.paid_minor - i.credited_minor))::bigint
FROM payment AS p
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
LEFT JOIN unnest(%(currencies)s::text[], %(smallest)s::bigint[]) AS least_charge (currency, amount)
    ON least_charge.currency = p.currency
WHERE p.account_id = %(account_id)s
    AND p.next_retry_on <= %(day)s
    AND p.status = 'failed'
    AND s.payment_method_id IS NOT NULL
    AND s.status = ANY(%(chargeable)s)
    AND i.status = 'open'
    AND i.total_minor - i.paid_minor - i.credited_minor >= least(p.amount_minor, coalesce(least_charge.amount, 1))
    AND NOT EXISTS (
        SELECT FROM payment AS o
        WHERE o.account_id = %(account_id)s AND o.invoice_id = p.invoice_id
            AND (o.status = 'processing' OR o.status = 'failed' AND o.archived_at IS NULL AND o.id > p.id)
    )
GROUP BY p.currency
