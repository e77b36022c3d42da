-- Every refund against its payment, and against the others of the same payment.
SELECT
    'Refund ' || r.number || ' of payment ' || r.payment_id || coalesce(' on invoice ' || i.number, ''), f.figure, f.stands,
    f.should_be, NULL::text
FROM (
    SELECT *, row_number() OVER (PARTITION BY payment_id ORDER BY id) AS place
    FROM refund
    WHERE account_id = %(account_id)s
) AS r
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
CROSS JOIN LATERAL (
    VALUES
        (
            'status', r.status,
            CASE
                WHEN r.status NOT IN ('intended', 'sent', 'processing', 'succeeded', 'failed') THEN 'one of the five statuses'
                WHEN p.processor = 'none' THEN 'succeeded'
                WHEN r.status NOT IN ('intended', 'failed') AND p.settled_at IS NULL
                    THEN 'intended: there is nothing to give back yet'
                ELSE r.status
            END
        ),
        ('number', r.number::text, r.place::text),
        ('currency', r.currency, p.currency),
        (
            'time of settlement', CASE WHEN r.settled_at IS NULL THEN 'empty' ELSE 'set' END,
            CASE WHEN r.status = 'succeeded' OR r.returned_at IS NOT NULL THEN 'set' ELSE 'empty' END
        ),
        (
            'time of return', r.returned_at::text,
            CASE
                WHEN r.returned_at IS NULL THEN NULL
                WHEN r.status <> 'failed' THEN 'empty: it did not fail'
                WHEN r.returned_at < r.settled_at THEN 'after ' || r.settled_at
                ELSE r.returned_at::text
            END
        ),
        (
            'day of settlement', (r.settled_at AT TIME ZONE %(zone)s)::date::text,
            CASE WHEN (r.settled_at AT TIME ZONE %(zone)s)::date < (p.settled_at AT TIME ZONE %(zone)s)::date
                THEN 'the day of the payment, ' || (p.settled_at AT TIME ZONE %(zone)s)::date || ', or later'
                ELSE (r.settled_at AT TIME ZONE %(zone)s)::date::text END
        ),
        (
            'processor reference', r.processor_ref,
            CASE WHEN p.processor <> 'none' AND r.status IN ('processing', 'succeeded')
                THEN coalesce(r.processor_ref, 'that of the processor') ELSE r.processor_ref END
        ),
        (
            'failure code', CASE WHEN r.failure_code IS NULL THEN 'empty' ELSE 'set' END,
            CASE WHEN r.status = 'failed' THEN 'set' ELSE 'empty' END
        )
) AS f (figure, stands, should_be)
WHERE f.stands IS DISTINCT FROM f.should_be
ORDER BY r.payment_id, r.id
