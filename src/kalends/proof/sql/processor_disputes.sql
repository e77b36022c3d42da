-- What our books say of charges whose disputes a processor's statement names: the invoices, the disputes if we know any
-- (one of each payment that the charge made), and what they took of the processor's balance and gave back. Lookups by
-- key are lateral, as for charges.
SELECT
    named.key, coalesce(array_agg(disputed.id) FILTER (WHERE disputed.id IS NOT NULL), '{}'), min(disputed.status),
    min(disputed.currency), string_agg(tried.number, ', ' ORDER BY tried.invoice_id), sum(booked.taken)::bigint,
    sum(booked.fee)::bigint, sum(booked.given)::bigint, sum(booked.fee_back)::bigint
FROM unnest(%(keys)s::text[], %(invoices)s::bigint[], %(attempts)s::smallint[]) AS named (key, invoice_id, attempt)
CROSS JOIN LATERAL (
    SELECT
        a.payment_id, a.invoice_id,
        coalesce(
            (SELECT i.number FROM invoice AS i WHERE i.account_id = %(account_id)s AND i.id = a.invoice_id),
            a.invoice_id::text
        ) AS number
    FROM (
        (
            SELECT o.payment_id, o.invoice_id
            FROM charge_attempt AS o
            WHERE o.account_id = %(account_id)s AND o.invoice_id = named.invoice_id AND o.attempt = named.attempt
                AND o.charge_key IS NULL
            LIMIT 1
        )
        UNION ALL
        (
            SELECT o.payment_id, o.invoice_id
            FROM charge_attempt AS o
            WHERE o.account_id = %(account_id)s AND o.charge_key = named.key
            LIMIT 1000
        )
    ) AS a
) AS tried
LEFT JOIN LATERAL (
    SELECT d.id, d.status, d.currency
    FROM dispute AS d
    WHERE d.account_id = %(account_id)s AND d.payment_id = tried.payment_id
    LIMIT 1
) AS disputed ON true
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(t.amount_minor) FILTER (WHERE t.posting = 'dispute_opened' AND t.leg = 1), 0)::bigint AS taken,
        coalesce(sum(t.amount_minor) FILTER (WHERE t.posting = 'dispute_opened' AND t.leg = 2), 0)::bigint AS fee,
        coalesce(sum(t.amount_minor) FILTER (WHERE t.posting = 'dispute_won' AND t.leg = 1), 0)::bigint AS given,
        coalesce(sum(t.amount_minor) FILTER (WHERE t.posting = 'dispute_won' AND t.leg = 2), 0)::bigint AS fee_back
    FROM ledger_transfer AS t
    WHERE t.account_id = %(account_id)s AND t.document_id = disputed.id
) AS booked
GROUP BY named.key
