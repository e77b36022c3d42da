-- What our books say of charges that a processor's statement names: the attempt, and what the ledger booked for it.
SELECT
    a.invoice_id, a.attempt, a.status, coalesce(i.number, a.invoice_id::text),
    coalesce(sum(t.amount_minor) FILTER (WHERE t.debit = 'processor_balance'), 0)::bigint,
    coalesce(sum(t.amount_minor) FILTER (WHERE t.credit = 'processor_balance'), 0)::bigint,
    min(t.currency)
FROM unnest(%(invoices)s::bigint[], %(attempts)s::smallint[]) AS named (invoice_id, attempt)
JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s AND a.invoice_id = named.invoice_id AND a.attempt = named.attempt
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = a.invoice_id
LEFT JOIN ledger_transfer AS t
    ON t.account_id = %(account_id)s
    AND t.document_id = a.payment_id
    AND t.posting = 'payment_settled'
    AND t.occasion = a.attempt
GROUP BY a.invoice_id, a.attempt, a.status, i.number
