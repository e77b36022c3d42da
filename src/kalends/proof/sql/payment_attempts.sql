-- Every payment against the charge attempts made for it.
WITH tried AS (
    SELECT
        a.payment_id,
        count(*) AS attempts,
        count(*) FILTER (WHERE a.status = 'succeeded') AS succeeded,
        (array_agg(a.status ORDER BY a.attempt DESC))[1] AS latest,
        (array_agg(a.processor_ref ORDER BY a.attempt DESC) FILTER (WHERE a.processor_ref IS NOT NULL))[1] AS reference,
        min(a.amount_minor) AS least, max(a.amount_minor) AS most,
        min(a.currency) AS currency, max(a.currency) AS other_currency,
        min(a.invoice_id) AS invoice_id, max(a.invoice_id) AS other_invoice
    FROM charge_attempt AS a
    WHERE a.account_id = %(account_id)s
    GROUP BY a.payment_id
)
SELECT
    'Payment ' || p.id || ' of invoice ' || coalesce(i.number, p.invoice_id::text), f.figure, f.stands, f.should_be,
    f.currency
FROM payment AS p
LEFT JOIN tried AS t ON t.payment_id = p.id
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
CROSS JOIN LATERAL (
    VALUES
        (
            'status', p.status,
            CASE WHEN t.latest IN ('succeeded', 'failed') THEN t.latest WHEN t.latest IS NOT NULL THEN 'processing' END,
            NULL::text
        ),
        ('number of attempts', p.attempts::text, coalesce(t.attempts, 0)::text, NULL),
        ('number of successful attempts', t.succeeded::text, least(t.succeeded, 1)::text, NULL),
        ('amount', p.amount_minor::text, t.least::text, p.currency),
        ('amount', p.amount_minor::text, t.most::text, p.currency),
        ('currency', p.currency, t.currency, NULL),
        ('currency', p.currency, t.other_currency, NULL),
        ('currency', p.currency, coalesce(i.currency, p.currency), NULL),
        ('invoice', p.invoice_id::text, t.invoice_id::text, NULL),
        ('invoice', p.invoice_id::text, t.other_invoice::text, NULL),
        ('subscription', p.subscription_id::text, i.subscription_id::text, NULL),
        ('contact', p.contact_id::text, i.contact_id::text, NULL),
        ('processor reference', p.processor_ref, t.reference, NULL),
        (
            'time of settlement', CASE WHEN p.settled_at IS NULL THEN 'empty' ELSE 'set' END,
            CASE WHEN t.latest = 'succeeded' THEN 'set' ELSE 'empty' END, NULL
        ),
        (
            'fee', CASE WHEN p.status <> 'succeeded' OR p.processor = 'none' THEN p.fee_minor ELSE 0 END::text, '0',
            p.currency
        ),
        (
            'next retry', p.next_retry_on::text,
            CASE
                WHEN p.status <> 'failed' THEN NULL
                WHEN i.status <> 'open' THEN NULL
                WHEN s.status IN ('canceled', 'expired') THEN NULL
                ELSE p.next_retry_on
            END::text,
            NULL
        )
) AS f (figure, stands, should_be, currency)
WHERE p.account_id = %(account_id)s AND f.stands IS DISTINCT FROM f.should_be
ORDER BY p.id
