SELECT
    p.id, p.status, p.amount_minor,
    coalesce((
        SELECT sum(r.amount_minor)::bigint FROM refund AS r
        WHERE r.account_id = %(account_id)s AND r.payment_id = p.id AND r.status <> 'failed'
    ), 0),
    (SELECT count(*) FROM refund AS r WHERE r.account_id = %(account_id)s AND r.payment_id = p.id),
    p.currency, p.processor, p.method_kind, p.invoice_id, p.subscription_id
FROM payment AS p
WHERE p.account_id = %(account_id)s AND p.id = %(payment_id)s
FOR UPDATE
