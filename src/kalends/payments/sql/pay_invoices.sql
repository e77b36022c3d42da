-- An invoice that is paid needs no further try of another of its payments. What each invoice got is in the journal.
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
    RETURNING i.id, i.status = 'paid' AS in_full, i.paid_minor, i.paid_minor - paid.amount AS paid_before
),
told AS (
    INSERT INTO event (account_id, at, actor, kind, object_type, object_id, data)
    SELECT
        %(account_id)s,
        %(now)s,
        %(actor)s,
        CASE WHEN in_full THEN 'invoice.paid' ELSE 'invoice.paid_in_part' END,
        'invoice',
        id,
        jsonb_build_object(
            'changes',
            jsonb_build_object('paid_minor', jsonb_build_array(paid_before, paid_minor))
            || CASE
                WHEN in_full THEN jsonb_build_object(
                    'status', '["open", "paid"]'::jsonb, 'paid_at', jsonb_build_array(NULL, %(now)s::timestamptz)
                )
                ELSE '{}'
            END
        )
    FROM paid
)
UPDATE payment AS p
SET next_retry_on = NULL, updated_at = %(now)s
WHERE p.account_id = %(account_id)s
    AND p.invoice_id = ANY(%(invoices)s::bigint[])
    AND p.next_retry_on IS NOT NULL
    AND p.invoice_id IN (SELECT id FROM paid WHERE in_full)
