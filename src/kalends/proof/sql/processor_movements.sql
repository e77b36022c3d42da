-- What our books say of charges that a processor's statement names: the attempt, or the several that a checkout's charge
-- paid, and what the ledger booked for them.
-- Lookups by key are lateral, so that no plan reads a whole table for a block of charges.
SELECT
    named.key, min(tried.status), string_agg(tried.number, ', ' ORDER BY tried.invoice_id), sum(booked.gross)::bigint,
    sum(booked.fee)::bigint, min(booked.currency)
FROM unnest(%(keys)s::text[], %(invoices)s::bigint[], %(attempts)s::smallint[]) AS named (key, invoice_id, attempt)
CROSS JOIN LATERAL (
    SELECT
        a.status, a.payment_id, a.invoice_id, a.attempt,
        coalesce(
            (SELECT i.number FROM invoice AS i WHERE i.account_id = %(account_id)s AND i.id = a.invoice_id),
            a.invoice_id::text
        ) AS number
    FROM (
        (
            SELECT o.status, o.payment_id, o.invoice_id, o.attempt
            FROM charge_attempt AS o
            WHERE o.account_id = %(account_id)s AND o.invoice_id = named.invoice_id AND o.attempt = named.attempt
                AND o.charge_key IS NULL
            LIMIT 1
        )
        UNION ALL
        (
            SELECT o.status, o.payment_id, o.invoice_id, o.attempt
            FROM charge_attempt AS o
            WHERE o.account_id = %(account_id)s AND o.charge_key = named.key
            LIMIT 1000
        )
    ) AS a
) AS tried
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(t.amount_minor) FILTER (WHERE t.debit = 'processor_balance'), 0)::bigint AS gross,
        coalesce(sum(t.amount_minor) FILTER (WHERE t.credit = 'processor_balance'), 0)::bigint AS fee,
        min(t.currency) AS currency
    FROM ledger_transfer AS t
    WHERE t.account_id = %(account_id)s
        AND t.document_id = tried.payment_id
        AND t.posting = 'payment_settled'
        AND t.occasion = tried.attempt
) AS booked
GROUP BY named.key
