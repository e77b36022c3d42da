-- What our books say of charges that a processor's statement names: the attempt, and what the ledger booked for it.
-- Lookups by key are lateral, so that no plan reads a whole table for a block of charges.
SELECT
    named.invoice_id, named.attempt, tried.status,
    coalesce(
        (SELECT i.number FROM invoice AS i WHERE i.account_id = %(account_id)s AND i.id = named.invoice_id),
        named.invoice_id::text
    ),
    booked.gross, booked.fee, booked.currency
FROM unnest(%(invoices)s::bigint[], %(attempts)s::smallint[]) AS named (invoice_id, attempt)
CROSS JOIN LATERAL (
    SELECT a.status, a.payment_id
    FROM charge_attempt AS a
    WHERE a.account_id = %(account_id)s AND a.invoice_id = named.invoice_id AND a.attempt = named.attempt
    LIMIT 1
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
        AND t.occasion = named.attempt
) AS booked
