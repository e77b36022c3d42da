UPDATE charge_attempt AS a
SET status = answer.status,
    processor_ref = coalesce(answer.reference, a.processor_ref),
    failure_code = answer.code,
    failure_fee_minor = answer.fee,
    answered_at = %(now)s,
    sender = NULL
FROM ROWS FROM (unnest(
    %(invoices)s::bigint[], %(attempts)s::smallint[], %(statuses)s::text[], %(references)s::text[], %(codes)s::text[],
    %(fees)s::bigint[]
), string_to_table('', '')) AS answer (invoice_id, attempt, status, reference, code, fee, many)
WHERE a.account_id = %(account_id)s
    AND a.invoice_id = ANY(%(invoices)s::bigint[])
    AND a.invoice_id = answer.invoice_id
    AND a.attempt = answer.attempt
