-- What our books say of refunds that a processor's statement names, and what of the processor's balance they took and kept.
-- Lookups by key stand in brackets, so that no plan reads a whole table for a block of refunds.
SELECT
    r.id, r.status, r.currency,
    (
        SELECT coalesce(i.number, p.invoice_id::text, p.id::text)
        FROM payment AS p
        LEFT JOIN LATERAL (
            SELECT number FROM invoice WHERE account_id = %(account_id)s AND id = p.invoice_id LIMIT 1
        ) AS i ON true
        WHERE p.account_id = %(account_id)s AND p.id = r.payment_id
    ),
    (
        SELECT coalesce(sum(CASE WHEN t.posting = 'refund_settled' THEN t.amount_minor ELSE -t.amount_minor END), 0)::bigint
        FROM ledger_transfer AS t
        WHERE t.account_id = %(account_id)s
            AND t.document_id = r.id
            AND t.posting IN ('refund_settled', 'refund_returned')
    )
FROM refund AS r
WHERE r.account_id = %(account_id)s AND r.id = ANY(%(refunds)s::bigint[])
