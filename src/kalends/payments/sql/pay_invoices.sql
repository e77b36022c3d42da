-- An invoice that is paid needs no further try of another of its payments.
WITH paid AS (
    UPDATE invoice AS i
    SET paid_minor = i.paid_minor + paid.amount,
        status = CASE
            WHEN i.paid_minor + paid.amount + i.credited_minor = i.total_minor THEN 'paid' ELSE i.status
        END,
        paid_at = CASE
            WHEN i.paid_minor + paid.amount + i.credited_minor = i.total_minor THEN %(now)s ELSE i.paid_at
        END,
        updated_at = %(now)s
    FROM ROWS FROM (unnest(%(invoices)s::bigint[], %(amounts)s::bigint[]), string_to_table('', ''))
        AS paid (id, amount, many)
    WHERE i.account_id = %(account_id)s AND i.id = ANY(%(invoices)s::bigint[]) AND i.id = paid.id
    RETURNING i.id, i.status = 'paid' AS in_full
)
UPDATE payment AS p
SET next_retry_on = NULL, updated_at = %(now)s
WHERE p.account_id = %(account_id)s
    AND p.invoice_id = ANY(%(invoices)s::bigint[])
    AND p.next_retry_on IS NOT NULL
    AND p.invoice_id IN (SELECT id FROM paid WHERE in_full)
