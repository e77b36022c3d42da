-- What our books say of charges whose disputes a processor's statement names: the invoice, the dispute if we know one,
-- and what it took of the processor's balance and gave back. Lookups by key are lateral, as for charges.
SELECT
    named.invoice_id, named.attempt, disputed.id, disputed.status, disputed.currency,
    coalesce(
        (SELECT i.number FROM invoice AS i WHERE i.account_id = %(account_id)s AND i.id = named.invoice_id),
        named.invoice_id::text
    ),
    booked.taken, booked.fee, booked.given
FROM unnest(%(invoices)s::bigint[], %(attempts)s::smallint[]) AS named (invoice_id, attempt)
CROSS JOIN LATERAL (
    SELECT a.payment_id
    FROM charge_attempt AS a
    WHERE a.account_id = %(account_id)s AND a.invoice_id = named.invoice_id AND a.attempt = named.attempt
    LIMIT 1
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
        coalesce(sum(t.amount_minor) FILTER (WHERE t.posting = 'dispute_won'), 0)::bigint AS given
    FROM ledger_transfer AS t
    WHERE t.account_id = %(account_id)s AND t.document_id = disputed.id
) AS booked
