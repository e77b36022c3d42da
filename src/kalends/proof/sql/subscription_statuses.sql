-- The status as the invoices, the payments and the journal tell it, and the day on which a customer was lost.
WITH owed AS (
    SELECT
        i.subscription_id,
        bool_or(tried.failed) AS failed,
        bool_or(i.past_due_at IS NOT NULL AND NOT tried.under_way) AS rolled,
        bool_or(i.due_date < %(today)s) AS overdue,
        bool_or(tried.ever_failed) AS ever_failed
    FROM invoice AS i
    CROSS JOIN LATERAL (
        SELECT
            coalesce(bool_or(p.status = 'failed' AND p.archived_at IS NULL), false) AS failed,
            coalesce(bool_or(p.status = 'processing'), false) AS under_way,
            coalesce(bool_or(p.first_failed_on IS NOT NULL), false) AS ever_failed
        FROM payment AS p
        WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id
    ) AS tried
    WHERE i.account_id = %(account_id)s AND i.status = 'open' AND i.subscription_id IS NOT NULL
    GROUP BY i.subscription_id
),
billed AS (
    SELECT DISTINCT subscription_id FROM invoice WHERE account_id = %(account_id)s AND reason = 'cycle'
),
told AS (
    SELECT
        parent_id AS subscription_id,
        max(id) FILTER (WHERE data -> 'changes' ? 'status' OR data -> 'parent_changes' ? 'status') AS latest,
        max(id) FILTER (WHERE kind IN ('subscription.recovered', 'subscription.resumed')) AS cleared
    FROM event
    WHERE account_id = %(account_id)s AND (object_type = 'subscription' OR kind = 'invoice.issued')
    GROUP BY parent_id
),
lost AS (
    -- The first failure that made it Unpaid since its arrears were last cleared, or what had failed when it was resumed.
    SELECT DISTINCT ON (e.parent_id) e.parent_id AS subscription_id, (e.data #>> '{changes,churn_date,1}')::date AS day
    FROM event AS e
    JOIN told ON told.subscription_id = e.parent_id
    WHERE e.account_id = %(account_id)s
        AND e.kind IN ('subscription.unpaid', 'subscription.resumed')
        AND e.data #>> '{changes,churn_date,1}' IS NOT NULL
        AND (told.cleared IS NULL OR e.id >= told.cleared)
    ORDER BY e.parent_id, e.id
)
SELECT 'Subscription ' || s.id || ' (' || s.name || ')', f.figure, f.stands, f.should_be, NULL::text
FROM subscription AS s
LEFT JOIN owed ON owed.subscription_id = s.id
LEFT JOIN billed ON billed.subscription_id = s.id
LEFT JOIN told ON told.subscription_id = s.id
LEFT JOIN event AS latest ON latest.account_id = %(account_id)s AND latest.id = told.latest
LEFT JOIN lost ON lost.subscription_id = s.id
CROSS JOIN LATERAL (
    VALUES
        (
            'status', s.status,
            CASE
                WHEN s.status IN ('active', 'past_due') AND owed.failed THEN 'unpaid: a charge failed and is still owed'
                WHEN s.status = 'active' AND owed.rolled THEN 'past_due: an invoice is overdue'
                WHEN s.status = 'past_due' AND owed.overdue IS NOT TRUE THEN 'active: no invoice is overdue'
                WHEN s.status = 'unpaid' AND owed.ever_failed IS NOT TRUE AND owed.overdue IS NOT TRUE
                    THEN 'active: nothing that failed or is overdue is owed'
                WHEN s.status = 'scheduled' AND billed.subscription_id IS NOT NULL THEN 'active: it was billed'
                WHEN s.status = 'expired' AND s.next_cycle IS DISTINCT FROM s.expected_payments
                    THEN 'active: not all its payments were billed'
                WHEN s.status = 'expired' AND owed.subscription_id IS NOT NULL THEN 'active: not all is paid'
                WHEN s.status NOT IN ('active', 'past_due', 'unpaid', 'canceled', 'expired', 'scheduled', 'paused')
                    THEN 'one of the seven statuses'
                WHEN s.status <> 'canceled' AND s.canceled_at IS NOT NULL THEN 'canceled'
                ELSE s.status
            END
        ),
        (
            'status', s.status,
            CASE
                WHEN latest.id IS NOT NULL
                    THEN coalesce(latest.data #>> '{changes,status,1}', latest.data #>> '{parent_changes,status,1}')
                WHEN s.status IN ('active', 'scheduled') THEN s.status
                ELSE 'active or scheduled: the journal tells of no change'
            END
        ),
        (
            'time of cancellation', CASE WHEN s.canceled_at IS NULL THEN 'empty' ELSE 'set' END,
            CASE WHEN s.status = 'canceled' THEN 'set' ELSE 'empty' END
        ),
        (
            'time of pausing', CASE WHEN s.status = 'paused' AND s.paused_at IS NULL THEN 'empty' ELSE 'right' END,
            'right'
        ),
        (
            'day of resuming',
            CASE
                WHEN s.status <> 'paused' AND s.pause_on IS NULL AND s.resume_on IS NOT NULL THEN 'set'
                ELSE 'right'
            END,
            'right'
        ),
        (
            'churn date', s.churn_date::text,
            CASE s.status
                WHEN 'unpaid' THEN lost.day
                WHEN 'canceled' THEN coalesce(lost.day, (s.canceled_at AT TIME ZONE %(zone)s)::date)
                WHEN 'expired' THEN greatest(s.churn_date, s.end_date)
            END::text
        ),
        (
            'payment method',
            CASE WHEN s.status IN ('active', 'past_due', 'unpaid', 'scheduled') AND s.collection = 'automatic'
                AND s.creates_invoices AND s.payment_method_id IS NULL THEN 'nothing' ELSE 'right' END,
            'right'
        )
) AS f (figure, stands, should_be)
WHERE s.account_id = %(account_id)s AND f.stands IS DISTINCT FROM f.should_be
ORDER BY s.id
