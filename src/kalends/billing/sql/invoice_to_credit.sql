-- What is owed and was given on an invoice, and what of that went back already: by refunds that were not declined, by
-- disputes that the business has not won, and by earlier notes to the balance.
SELECT
    i.number, i.status, i.currency, i.total_minor, i.paid_minor, i.credited_minor, i.subscription_id, i.contact_id,
    EXISTS (
        SELECT FROM payment AS p
        WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'processing'
    ),
    (
        SELECT coalesce(sum(a.amount_minor), 0)::bigint FROM credit_application AS a
        WHERE a.account_id = %(account_id)s AND a.invoice_id = i.id AND a.credit_note_id IS NULL
    ),
    (
        SELECT coalesce(sum(r.amount_minor), 0)::bigint
        FROM payment AS p
        JOIN refund AS r ON r.account_id = %(account_id)s AND r.payment_id = p.id AND r.status <> 'failed'
        WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id
    ),
    (
        SELECT coalesce(sum(d.amount_minor), 0)::bigint
        FROM payment AS p
        JOIN dispute AS d ON d.account_id = %(account_id)s AND d.payment_id = p.id AND d.status <> 'won'
        WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id
    ),
    (
        SELECT coalesce(sum(n.to_balance_minor), 0)::bigint FROM credit_note AS n
        WHERE n.account_id = %(account_id)s AND n.invoice_id = i.id
    )
FROM invoice AS i
WHERE i.account_id = %(account_id)s AND i.id = %(id)s
