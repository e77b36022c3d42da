-- What our books say of charges that a processor's statement names as debits that came back: the attempts, and the fee that
-- was kept for them. Lookups by key are lateral, as for charges.
SELECT
    named.key, array_agg(tried.payment_id), min(tried.status), min(tried.currency),
    string_agg(coalesce(i.number, tried.invoice_id::text), ', ' ORDER BY tried.invoice_id), sum(booked.fee)::bigint
FROM unnest(%(keys)s::text[], %(invoices)s::bigint[], %(attempts)s::smallint[]) AS named (key, invoice_id, attempt)
CROSS JOIN LATERAL (
    SELECT o.status, o.payment_id, o.invoice_id, o.attempt, o.currency
    FROM charge_attempt AS o
    WHERE o.account_id = %(account_id)s AND o.invoice_id = named.invoice_id AND o.attempt = named.attempt
        AND o.charge_key IS NULL
    UNION ALL
    SELECT o.status, o.payment_id, o.invoice_id, o.attempt, o.currency
    FROM charge_attempt AS o
    WHERE o.account_id = %(account_id)s AND o.charge_key = named.key
) AS tried
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = tried.invoice_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.amount_minor), 0)::bigint AS fee
    FROM ledger_transfer AS t
    WHERE t.account_id = %(account_id)s AND t.document_id = tried.payment_id AND t.posting = 'payment_failed'
        AND t.occasion = tried.attempt AND t.leg = 2
) AS booked
GROUP BY named.key
