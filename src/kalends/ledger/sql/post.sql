INSERT INTO ledger_transfer (
    account_id, document_id, posting, occasion, leg, posted_on,
    debit, credit, currency, amount_minor, invoice_id, payment_id
)
SELECT %(account_id)s, entry.*
FROM unnest(
    %(documents)s::bigint[], %(postings)s::text[], %(occasions)s::smallint[], %(legs)s::smallint[], %(days)s::date[],
    %(debits)s::text[], %(credits)s::text[], %(currencies)s::text[], %(amounts)s::bigint[],
    %(invoices)s::bigint[], %(payments)s::bigint[]
) AS entry
