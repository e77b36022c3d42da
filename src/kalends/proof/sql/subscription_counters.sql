-- What the journal says last of a subscription's payments is the last payment; its facts are read from the payment.
-- Money that was given back is collected no more, but the payment was made. What a prorated edit charged is collected,
-- but is none of the payments that were agreed.
WITH tried AS (
    SELECT
        p.subscription_id,
        count(*) FILTER (WHERE a.status = 'succeeded' AND i.reason NOT LIKE 'proration-%%') AS completed,
        count(*) FILTER (WHERE a.status = 'failed') AS failed,
        coalesce(sum(a.amount_minor) FILTER (WHERE a.status = 'succeeded'), 0)::bigint AS collected
    FROM charge_attempt AS a
    JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id
    JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = a.invoice_id
    WHERE a.account_id = %(account_id)s AND p.subscription_id IS NOT NULL
    GROUP BY p.subscription_id
),
given AS (
    SELECT p.subscription_id, sum(r.amount_minor)::bigint AS back
    FROM refund AS r
    JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
    WHERE r.account_id = %(account_id)s AND r.status = 'succeeded' AND p.subscription_id IS NOT NULL
    GROUP BY p.subscription_id
),
told AS (
    SELECT
        parent_id AS subscription_id,
        max(id) AS latest,
        max(id) FILTER (WHERE kind = 'payment.succeeded') AS latest_settled
    FROM event
    WHERE account_id = %(account_id)s AND kind IN ('payment.processing', 'payment.succeeded', 'payment.failed')
    GROUP BY parent_id
)
SELECT 'Subscription ' || s.id || ' (' || s.name || ')', f.figure, f.stands, f.should_be, f.currency
FROM subscription AS s
LEFT JOIN tried ON tried.subscription_id = s.id
LEFT JOIN given ON given.subscription_id = s.id
LEFT JOIN told ON told.subscription_id = s.id
LEFT JOIN event AS latest ON latest.account_id = %(account_id)s AND latest.id = told.latest
LEFT JOIN event AS settled ON settled.account_id = %(account_id)s AND settled.id = told.latest_settled
LEFT JOIN payment AS paid ON paid.account_id = %(account_id)s AND paid.id = settled.object_id
CROSS JOIN LATERAL (
    VALUES
        ('number of payments made', s.completed_payments::text, coalesce(tried.completed, 0)::text, NULL::text),
        ('number of failed charges', s.failed_payments::text, coalesce(tried.failed, 0)::text, NULL),
        (
            'total collected', s.collected_minor::text,
            (coalesce(tried.collected, 0) - coalesce(given.back, 0))::text, s.currency
        ),
        ('last payment amount', s.last_payment_amount_minor::text, paid.amount_minor::text, s.currency),
        (
            'last payment date', s.last_payment_on::text, (paid.settled_at AT TIME ZONE %(zone)s)::date::text, NULL
        ),
        ('last payment status', s.last_payment_status, split_part(latest.kind, '.', 2), NULL)
) AS f (figure, stands, should_be, currency)
WHERE s.account_id = %(account_id)s AND f.stands IS DISTINCT FROM f.should_be
ORDER BY s.id
