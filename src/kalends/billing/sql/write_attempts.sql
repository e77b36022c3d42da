INSERT INTO charge_attempt (
    account_id, invoice_id, attempt, payment_id, payment_method_id, status, amount_minor, currency, intended_at
)
SELECT
    %(account_id)s, fresh.invoice_id, 1, fresh.payment_id, s.payment_method_id, 'intended', fresh.amount, s.currency,
    %(now)s
FROM ROWS FROM (unnest(%(ids)s::bigint[], %(invoices)s::bigint[], %(subscriptions)s::bigint[], %(amounts)s::bigint[]), string_to_table('', ''))
    AS fresh (payment_id, invoice_id, subscription_id, amount, many)
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = fresh.subscription_id
    AND s.id = ANY(%(subscriptions)s::bigint[])
