-- Every payment against the charge attempts made for it, its refunds and its dispute; all figures are first compared
-- as a whole, and only the few rows that differ are taken apart. A dispute is what a payment shows before anything else.
-- A payment asks for less than at first only where a part was paid otherwise or credited meanwhile.
-- A refund that was asked for while its debit was under way did not move the payment, and shows once it is answered.
WITH tried AS (
    SELECT
        a.payment_id,
        count(*) AS attempts,
        count(*) FILTER (WHERE a.status = 'succeeded') AS succeeded,
        (array_agg(a.status ORDER BY a.attempt DESC))[1] AS latest,
        (array_agg(a.processor_ref ORDER BY a.attempt DESC) FILTER (WHERE a.processor_ref IS NOT NULL))[1] AS reference,
        (array_agg(a.amount_minor ORDER BY a.attempt DESC))[1] AS last_asked,
        (array_agg(a.amount_minor ORDER BY a.attempt))[1] AS first_asked,
        min(a.currency) AS currency, max(a.currency) AS other_currency,
        min(a.invoice_id) AS invoice_id, max(a.invoice_id) AS other_invoice
    FROM charge_attempt AS a
    WHERE a.account_id = %(account_id)s
    GROUP BY a.payment_id
),
given AS (
    SELECT
        r.payment_id,
        coalesce(sum(r.amount_minor) FILTER (WHERE r.status = 'succeeded'), 0)::bigint AS back,
        coalesce(sum(r.amount_minor) FILTER (WHERE r.status <> 'failed'), 0)::bigint AS promised,
        bool_or(r.status NOT IN ('succeeded', 'failed')) AS under_way,
        bool_and(r.status IN ('intended', 'sent')) AS unanswered
    FROM refund AS r
    WHERE r.account_id = %(account_id)s
    GROUP BY r.payment_id
)
SELECT
    'Payment ' || p.id || ' of invoice ' || coalesce(p.number, p.invoice_id::text), f.figure, f.stands, f.should_be,
    f.currency
FROM (
    SELECT
        p.id, p.status, p.attempts, p.amount_minor, p.currency, p.invoice_id, p.subscription_id, p.contact_id,
        p.processor_ref, p.settled_at IS NOT NULL AS is_settled, p.next_retry_on, p.fee_minor, p.refunded_minor, i.number,
        t.succeeded, t.first_asked, t.other_currency, t.other_invoice,
        CASE
            WHEN t.latest = 'failed' THEN 'failed'
            WHEN t.latest <> 'succeeded' THEN 'processing'
            WHEN d.status = 'open' THEN 'disputed_action_required'
            WHEN d.status IS NOT NULL THEN 'disputed_' || d.status
            WHEN g.unanswered AND (
                SELECT count(*) = 0 FROM event AS e
                WHERE e.account_id = %(account_id)s AND e.object_id = p.id AND e.kind = 'payment.refund_requested'
                    AND e.data ? 'changes'
            ) THEN 'succeeded'
            WHEN g.under_way THEN 'processing_refund'
            WHEN g.back = p.amount_minor THEN 'refunded'
            WHEN g.back > 0 THEN 'partially_refunded'
            ELSE t.latest
        END AS right_status,
        coalesce(g.back, 0) AS right_refunded,
        coalesce(g.promised, 0) AS promised,
        coalesce(t.attempts, 0) AS right_attempts,
        t.last_asked AS right_amount,
        CASE
            WHEN t.first_asked BETWEEN t.last_asked AND t.last_asked + coalesce(
                i.paid_minor + i.credited_minor - CASE WHEN p.settled_at IS NULL THEN 0 ELSE p.amount_minor END, 0
            ) THEN t.first_asked
            ELSE t.last_asked
        END AS right_first_asked,
        t.currency AS right_currency,
        coalesce(i.currency, p.currency) AS invoice_currency,
        t.invoice_id AS right_invoice,
        i.subscription_id AS right_subscription,
        i.contact_id AS right_contact,
        t.reference AS right_reference,
        t.latest IS NOT DISTINCT FROM 'succeeded' AS right_is_settled,
        CASE WHEN t.latest = 'succeeded' AND p.processor <> 'none' THEN p.fee_minor ELSE 0 END AS right_fee,
        CASE WHEN p.status = 'failed' AND i.status = 'open' AND s.status NOT IN ('canceled', 'expired')
            THEN p.next_retry_on END AS right_retry
    FROM payment AS p
    LEFT JOIN tried AS t ON t.payment_id = p.id
    LEFT JOIN given AS g ON g.payment_id = p.id
    LEFT JOIN dispute AS d ON d.account_id = %(account_id)s AND d.payment_id = p.id
    LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
    LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
    -- A payment of no invoice that was never charged is a record of money received elsewhere; no book depends on it.
    WHERE p.account_id = %(account_id)s AND (t.payment_id IS NOT NULL OR p.invoice_id IS NOT NULL)
) AS p
CROSS JOIN LATERAL (
    VALUES
        ('status', p.status, p.right_status, NULL::text),
        ('number of attempts', p.attempts::text, p.right_attempts::text, NULL),
        ('number of successful attempts', p.succeeded::text, least(p.succeeded, 1)::text, NULL),
        ('amount', p.amount_minor::text, p.right_amount::text, p.currency),
        ('amount of the first charge', p.first_asked::text, p.right_first_asked::text, p.currency),
        ('currency', p.currency, p.right_currency, NULL),
        ('currency', p.currency, p.other_currency, NULL),
        ('currency', p.currency, p.invoice_currency, NULL),
        ('invoice', p.invoice_id::text, p.right_invoice::text, NULL),
        ('invoice', p.invoice_id::text, p.other_invoice::text, NULL),
        ('subscription', p.subscription_id::text, p.right_subscription::text, NULL),
        ('contact', p.contact_id::text, p.right_contact::text, NULL),
        ('processor reference', p.processor_ref, p.right_reference, NULL),
        (
            'time of settlement', CASE WHEN p.is_settled THEN 'set' ELSE 'empty' END,
            CASE WHEN p.right_is_settled THEN 'set' ELSE 'empty' END, NULL
        ),
        ('fee', p.fee_minor::text, p.right_fee::text, p.currency),
        ('amount refunded', p.refunded_minor::text, p.right_refunded::text, p.currency),
        ('amount of all refunds', p.promised::text, least(p.promised, p.amount_minor)::text, p.currency),
        ('next retry', p.next_retry_on::text, p.right_retry::text, NULL)
) AS f (figure, stands, should_be, currency)
WHERE (
        (
            p.status, p.attempts, p.amount_minor, p.first_asked, p.currency, p.currency, p.currency, p.invoice_id,
            p.invoice_id, p.subscription_id, p.contact_id, p.processor_ref, p.is_settled, p.fee_minor, p.next_retry_on,
            p.refunded_minor
        )
        IS DISTINCT FROM
        (
            p.right_status, p.right_attempts, p.right_amount, p.right_first_asked, p.right_currency, p.other_currency,
            p.invoice_currency, p.right_invoice, p.other_invoice, p.right_subscription, p.right_contact,
            p.right_reference, p.right_is_settled, p.right_fee, p.right_retry, p.right_refunded
        )
        OR p.succeeded > 1 OR p.promised > p.amount_minor
    )
    AND f.stands IS DISTINCT FROM f.should_be
ORDER BY p.id
