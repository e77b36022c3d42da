-- What was paid on the invoice, in money and in credit, and what of it went back, by refunds of all its payments and to
-- the customer's balance: what is left of that is the most that can be given back.
SELECT
    p.id, p.status, p.amount_minor,
    coalesce((
        SELECT sum(r.amount_minor)::bigint FROM refund AS r
        WHERE r.account_id = %(account_id)s AND r.payment_id = p.id AND r.status <> 'failed'
    ), 0),
    (SELECT count(*) FROM refund AS r WHERE r.account_id = %(account_id)s AND r.payment_id = p.id),
    p.currency, p.processor, p.method_kind, p.invoice_id, p.subscription_id,
    (
        SELECT coalesce(sum(n.to_balance_minor), 0)::bigint FROM credit_note AS n
        WHERE n.account_id = %(account_id)s AND n.invoice_id = p.invoice_id
    ),
    (
        SELECT coalesce(sum(o.amount_minor), 0)::bigint FROM payment AS o
        WHERE o.account_id = %(account_id)s AND o.invoice_id = p.invoice_id AND o.status <> 'failed'
    ) + (
        SELECT coalesce(sum(a.amount_minor), 0)::bigint FROM credit_application AS a
        WHERE a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.credit_note_id IS NULL
    ) - (
        SELECT coalesce(sum(r.amount_minor), 0)::bigint
        FROM payment AS o
        JOIN refund AS r ON r.account_id = %(account_id)s AND r.payment_id = o.id AND r.status <> 'failed'
        WHERE o.account_id = %(account_id)s AND o.invoice_id = p.invoice_id
    )
FROM payment AS p
WHERE p.account_id = %(account_id)s AND p.id = %(payment_id)s
FOR UPDATE OF p
