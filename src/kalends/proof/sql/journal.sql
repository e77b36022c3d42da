-- One issue per numbered invoice and credit note, one outcome per charge that has ended, one start per charge that is under way. Events
-- of refunds name their payment only, and are counted there.
WITH told AS (
    SELECT object_id, kind, coalesce((data ->> 'attempt')::int, 0) AS attempt, count(*) AS times
    FROM event
    WHERE account_id = %(account_id)s
        AND kind IN (
            'invoice.issued', 'invoice.voided', 'credit_note.issued', 'payment.processing', 'payment.succeeded', 'payment.failed',
            'payment.refund_requested', 'payment.refunded', 'payment.refund_failed', 'payment.dispute_opened', 'payment.dispute_won',
            'payment.dispute_lost'
        )
    GROUP BY 1, 2, 3
),
happened AS (
    SELECT
        id AS object_id, 'invoice.issued' AS kind, 0 AS attempt, 1 AS times, 'Invoice ' || coalesce(number, id::text) AS words
    FROM invoice
    WHERE account_id = %(account_id)s AND status <> 'draft' AND reason <> 'manual'
    UNION ALL
    SELECT id, 'invoice.voided', 0, 1, 'Invoice ' || coalesce(number, id::text)
    FROM invoice
    WHERE account_id = %(account_id)s AND status = 'voided'
    UNION ALL
    SELECT n.invoice_id, 'credit_note.issued', 0, count(*), 'Invoice ' || n.invoice_id || ', credit notes'
    FROM credit_note AS n
    WHERE n.account_id = %(account_id)s
    GROUP BY n.invoice_id
    UNION ALL
    SELECT payment_id, 'payment.' || status, attempt, 1, 'Payment ' || payment_id || ', charge ' || attempt
    FROM charge_attempt
    WHERE account_id = %(account_id)s AND status IN ('processing', 'succeeded', 'failed')
    UNION ALL
    SELECT r.payment_id, moment.kind, 0, count(*), 'Payment ' || r.payment_id || ', refunds'
    FROM refund AS r
    CROSS JOIN LATERAL (
        VALUES
            ('payment.refund_requested', true), ('payment.refunded', r.status = 'succeeded' OR r.returned_at IS NOT NULL),
            ('payment.refund_failed', r.status = 'failed')
    ) AS moment (kind, holds)
    WHERE r.account_id = %(account_id)s AND moment.holds
    GROUP BY 1, 2
    UNION ALL
    SELECT d.payment_id, 'payment.dispute_' || moment.kind, 0, 1, 'Payment ' || d.payment_id || ', dispute'
    FROM dispute AS d
    CROSS JOIN LATERAL (VALUES ('opened'), (nullif(d.status, 'open'))) AS moment (kind)
    WHERE d.account_id = %(account_id)s AND moment.kind IS NOT NULL
)
SELECT
    coalesce(h.words, 'Record ' || t.object_id), 'number of events ' || coalesce(h.kind, t.kind),
    coalesce(t.times, 0)::text, coalesce(h.times, 0)::text, NULL::text
FROM happened AS h
FULL JOIN told AS t ON t.object_id = h.object_id AND t.kind = h.kind AND t.attempt = h.attempt
WHERE coalesce(t.times, 0) <> coalesce(h.times, 0)
    -- A charge that was under way and has ended was announced twice, rightly.
    AND NOT (t.kind = 'payment.processing' AND h.object_id IS NULL AND t.times = 1)
