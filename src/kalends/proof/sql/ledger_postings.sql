-- What invoices, charge attempts, refunds, disputes and credit should have posted, beside what stands in the ledger, under the
-- effect's key. Whether a charge that has ended was under way before is known from the journal. The day of a posting is
-- left empty where no record keeps it: of a submission, of a failure that was tried again, of a failed refund, of voiding.
WITH expected AS (
    SELECT
        i.id AS document_id, 'invoice_issued' AS posting, 0 AS occasion, leg.leg, i.invoice_date AS day, 'receivable' AS debit,
        leg.credit, i.currency, leg.amount, i.id AS invoice_id, NULL::bigint AS payment_id
    FROM invoice AS i
    CROSS JOIN LATERAL (
        VALUES (1, 'revenue', i.total_minor - i.tax_minor), (2, 'tax_payable', i.tax_minor)
    ) AS leg (leg, credit, amount)
    WHERE i.account_id = %(account_id)s AND i.status <> 'draft' AND leg.amount <> 0
    UNION ALL
    SELECT i.id, 'invoice_voided', 0, leg.leg, NULL, leg.debit, 'receivable', i.currency, leg.amount, i.id, NULL
    FROM invoice AS i
    CROSS JOIN LATERAL (
        VALUES (1, 'revenue', i.total_minor - i.tax_minor), (2, 'tax_payable', i.tax_minor)
    ) AS leg (leg, debit, amount)
    WHERE i.account_id = %(account_id)s AND i.status = 'voided' AND leg.amount <> 0
    UNION ALL
    SELECT
        p.id, leg.posting, a.attempt, leg.leg, leg.day, leg.debit, leg.credit, a.currency, leg.amount, a.invoice_id, p.id
    FROM charge_attempt AS a
    JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id
    LEFT JOIN (
        SELECT object_id AS payment_id, (data ->> 'attempt')::int AS attempt
        FROM event
        WHERE account_id = %(account_id)s AND kind = 'payment.processing'
        GROUP BY 1, 2
    ) AS submitted ON submitted.payment_id = a.payment_id AND submitted.attempt = a.attempt
    CROSS JOIN LATERAL (
        SELECT
            submitted.payment_id IS NOT NULL AS was_under_way,
            (p.settled_at AT TIME ZONE %(zone)s)::date AS settled_on,
            CASE WHEN p.attempts = 1 AND p.method_kind <> 'card'
                THEN (p.status_updated_at AT TIME ZONE %(zone)s)::date END AS failed_on
    ) AS known
    CROSS JOIN LATERAL (
        VALUES
            (
                known.was_under_way, 'payment_pending', 1, NULL::date, 'payments_in_transit', 'receivable',
                a.amount_minor
            ),
            (
                a.status = 'succeeded' AND p.processor = 'none', 'payment_recorded', 1, known.settled_on, 'bank',
                'receivable', a.amount_minor
            ),
            (
                a.status = 'succeeded' AND p.processor <> 'none', 'payment_settled', 1, known.settled_on,
                'processor_balance', CASE WHEN known.was_under_way THEN 'payments_in_transit' ELSE 'receivable' END,
                a.amount_minor
            ),
            (
                a.status = 'succeeded' AND p.processor <> 'none' AND p.fee_minor > 0, 'payment_settled', 2,
                known.settled_on, 'processing_fees', 'processor_balance', p.fee_minor
            ),
            (
                a.status = 'failed' AND known.was_under_way, 'payment_failed', 1, known.failed_on, 'receivable',
                'payments_in_transit', a.amount_minor
            ),
            (
                a.status = 'failed', 'payment_failed', 2, known.failed_on, 'processing_fees', 'processor_balance',
                a.failure_fee_minor
            )
    ) AS leg (holds, posting, leg, day, debit, credit, amount)
    WHERE a.account_id = %(account_id)s AND leg.holds AND leg.amount <> 0
    UNION ALL
    SELECT r.id, leg.posting, 0, 1, leg.day, leg.debit, leg.credit, r.currency, r.amount_minor, p.invoice_id, p.id
    FROM refund AS r
    JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
    CROSS JOIN LATERAL (
        SELECT
            (r.requested_at AT TIME ZONE %(zone)s)::date AS requested_on,
            (r.settled_at AT TIME ZONE %(zone)s)::date AS settled_on,
            (r.returned_at AT TIME ZONE %(zone)s)::date AS returned_on
    ) AS known
    CROSS JOIN LATERAL (
        VALUES
            (p.processor = 'none', 'refund_recorded', known.requested_on, 'refunds', 'bank'),
            (p.processor <> 'none', 'refund_requested', known.requested_on, 'refunds', 'refunds_in_transit'),
            (
                p.processor <> 'none' AND (r.status = 'succeeded' OR r.returned_at IS NOT NULL), 'refund_settled',
                known.settled_on, 'refunds_in_transit', 'processor_balance'
            ),
            (r.returned_at IS NOT NULL, 'refund_returned', known.returned_on, 'processor_balance', 'refunds'),
            (
                p.processor <> 'none' AND r.status = 'failed' AND r.returned_at IS NULL, 'refund_failed', NULL::date,
                'refunds_in_transit', 'refunds'
            )
    ) AS leg (holds, posting, day, debit, credit)
    WHERE r.account_id = %(account_id)s AND leg.holds
    UNION ALL
    SELECT d.id, leg.posting, 0, leg.leg, leg.day, leg.debit, leg.credit, d.currency, leg.amount, p.invoice_id, p.id
    FROM dispute AS d
    JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = d.payment_id
    CROSS JOIN LATERAL (
        SELECT
            (d.opened_at AT TIME ZONE %(zone)s)::date AS opened_on,
            (d.decided_at AT TIME ZONE %(zone)s)::date AS decided_on
    ) AS known
    CROSS JOIN LATERAL (
        VALUES
            (true, 'dispute_opened', 1, known.opened_on, 'disputes', 'processor_balance', d.amount_minor),
            (true, 'dispute_opened', 2, known.opened_on, 'processing_fees', 'processor_balance', d.fee_minor),
            (d.status = 'won', 'dispute_won', 1, known.decided_on, 'processor_balance', 'disputes', d.amount_minor),
            (
                d.status = 'won', 'dispute_won', 2, known.decided_on, 'processor_balance', 'processing_fees',
                d.fee_back_minor
            ),
            (d.status = 'lost', 'dispute_lost', 1, known.decided_on, 'write_offs', 'disputes', d.amount_minor)
    ) AS leg (holds, posting, leg, day, debit, credit, amount)
    WHERE d.account_id = %(account_id)s AND leg.holds AND leg.amount <> 0
    UNION ALL
    SELECT
        n.id, 'credit_issued', 0, leg.leg, n.issued_on, leg.debit, 'customer_credit', n.currency, leg.amount, n.invoice_id,
        NULL
    FROM credit_note AS n
    CROSS JOIN LATERAL (VALUES (1, 'revenue', n.net_minor), (2, 'tax_payable', n.tax_minor)) AS leg (leg, debit, amount)
    WHERE n.account_id = %(account_id)s AND leg.amount <> 0
    UNION ALL
    SELECT
        c.id, 'credit_applied', 0, 1, c.applied_on, 'customer_credit', 'receivable', c.currency, c.amount_minor,
        c.invoice_id, NULL
    FROM credit_application AS c
    WHERE c.account_id = %(account_id)s
)
SELECT
    'Posting ' || document.posting || ' (leg ' || document.leg || ') of '
        || CASE WHEN document.payment_id IS NULL THEN '' ELSE 'payment ' || document.payment_id || ' on ' END
        || 'invoice ' || coalesce(i.number, document.invoice_id::text, 'unknown ' || document.id),
    f.figure, f.stands, f.should_be, f.currency
FROM expected AS e
FULL JOIN (SELECT * FROM ledger_transfer WHERE account_id = %(account_id)s) AS t
    ON t.document_id = e.document_id AND t.posting = e.posting AND t.occasion = e.occasion AND t.leg = e.leg
CROSS JOIN LATERAL (
    SELECT
        coalesce(e.document_id, t.document_id) AS id, coalesce(e.posting, t.posting) AS posting,
        coalesce(e.leg, t.leg) AS leg, coalesce(e.invoice_id, t.invoice_id) AS invoice_id,
        coalesce(e.payment_id, t.payment_id) AS payment_id
) AS document
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = document.invoice_id
CROSS JOIN LATERAL (
    VALUES
        (
            'posting', CASE WHEN t.document_id IS NULL THEN 'nowhere' ELSE 'in the ledger' END,
            CASE WHEN e.document_id IS NULL THEN 'nowhere: nothing that happened explains it' ELSE 'in the ledger' END,
            NULL::text
        ),
        ('amount', t.amount_minor::text, e.amount::text, e.currency),
        ('debited account', t.debit, e.debit, NULL),
        ('credited account', t.credit, e.credit, NULL),
        ('currency', t.currency, e.currency, NULL),
        ('day', t.posted_on::text, coalesce(e.day, t.posted_on)::text, NULL),
        ('invoice', t.invoice_id::text, e.invoice_id::text, NULL),
        ('payment', t.payment_id::text, e.payment_id::text, NULL)
) AS f (figure, stands, should_be, currency)
WHERE f.stands IS DISTINCT FROM f.should_be
    AND (f.figure = 'posting' OR (e.document_id IS NOT NULL AND t.document_id IS NOT NULL))
    -- The same comparison as a whole, so that only the few rows that differ are taken apart.
    AND (t.document_id, t.amount_minor, t.debit, t.credit, t.currency, t.invoice_id, t.payment_id, t.posted_on)
        IS DISTINCT FROM
        (e.document_id, e.amount, e.debit, e.credit, e.currency, e.invoice_id, e.payment_id, coalesce(e.day, t.posted_on))
ORDER BY document.id
