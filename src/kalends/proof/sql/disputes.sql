-- Every dispute against the payment that is disputed. A business has seven days to answer it. That a payment settled may
-- be learned after its dispute, where the answer to the charge was lost. Where the books were put back, they know of a
-- payment only since its charge was taken over, and its dispute may be older.
SELECT
    'Dispute of payment ' || d.payment_id || coalesce(' on invoice ' || i.number, ''), f.figure, f.stands, f.should_be,
    f.currency
FROM dispute AS d
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = d.payment_id
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
LEFT JOIN unbooked_charge AS taken_over
    ON taken_over.account_id = %(account_id)s AND taken_over.settled = 'taken_in'
    AND (taken_over.processor, taken_over.reference) = (p.processor, p.processor_ref)
CROSS JOIN LATERAL (
    VALUES
        (
            'status', d.status,
            CASE WHEN d.status IN ('open', 'won', 'lost') THEN d.status ELSE 'one of the three statuses' END, NULL::text
        ),
        ('amount', d.amount_minor::text, greatest(least(d.amount_minor, p.amount_minor), 0)::text, d.currency),
        ('fee', d.fee_minor::text, greatest(d.fee_minor, 0)::text, d.currency),
        (
            'fee given back', d.fee_back_minor::text,
            CASE WHEN d.status = 'won' THEN greatest(least(d.fee_back_minor, d.fee_minor), 0) ELSE 0 END::text, d.currency
        ),
        ('currency', d.currency, p.currency, NULL),
        (
            'payment', p.processor, CASE WHEN p.processor = 'none' THEN 'one by a processor' ELSE p.processor END, NULL
        ),
        (
            'time of opening', d.opened_at::text,
            CASE
                WHEN p.settled_at IS NULL THEN 'none: the payment has not settled'
                WHEN d.opened_at < least(p.initiated_at, taken_over.made_at)
                    THEN 'after the payment was begun at ' || p.initiated_at
                ELSE d.opened_at::text
            END,
            NULL
        ),
        (
            'day until which it can be answered', d.evidence_due_on::text,
            ((d.opened_at AT TIME ZONE %(zone)s)::date + 7)::text, NULL
        ),
        (
            'time of decision', CASE WHEN d.decided_at IS NULL THEN 'empty' ELSE 'set' END,
            CASE WHEN d.status = 'open' THEN 'empty' ELSE 'set' END, NULL
        ),
        (
            'time of decision', d.decided_at::text,
            CASE WHEN d.decided_at < d.opened_at THEN 'after ' || d.opened_at ELSE d.decided_at::text END, NULL
        )
) AS f (figure, stands, should_be, currency)
WHERE d.account_id = %(account_id)s AND f.stands IS DISTINCT FROM f.should_be
ORDER BY d.id
