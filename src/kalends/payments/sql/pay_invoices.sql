-- An invoice that is paid needs no further try of another of its payments.
WITH paid AS MATERIALIZED (
    SELECT
        i.id,
        i.paid_minor + paid.amount AS paid_minor,
        i.paid_minor + paid.amount + i.credited_minor = i.total_minor AS in_full
    FROM unnest(%(invoices)s::bigint[], %(amounts)s::bigint[]) AS paid (id, amount)
    JOIN invoice AS i
        ON i.account_id = %(account_id)s AND i.id = ANY(%(invoices)s::bigint[]) AND i.id = paid.id
),
no_retries AS (
    UPDATE payment AS p
    SET next_retry_on = NULL, updated_at = %(now)s
    FROM paid
    WHERE p.account_id = %(account_id)s
        AND p.invoice_id = ANY(%(invoices)s::bigint[])
        AND p.invoice_id = paid.id
        AND paid.in_full
        AND p.next_retry_on IS NOT NULL
)
UPDATE invoice AS i
SET paid_minor = paid.paid_minor,
    status = CASE WHEN paid.in_full THEN 'paid' ELSE i.status END,
    paid_at = CASE WHEN paid.in_full THEN %(now)s ELSE i.paid_at END,
    updated_at = %(now)s
FROM paid
WHERE i.account_id = %(account_id)s AND i.id = ANY(%(invoices)s::bigint[]) AND i.id = paid.id
