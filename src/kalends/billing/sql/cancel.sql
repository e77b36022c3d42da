-- Returns what stood there before and is gone with it, for the journal.
WITH no_retries AS (
    UPDATE payment SET next_retry_on = NULL
    WHERE account_id = %(account_id)s
        AND subscription_id = ANY(%(ids)s::bigint[])
        AND next_retry_on IS NOT NULL
),
before AS (
    SELECT id, churn_date, cancel_on, pause_on, resume_on
    FROM subscription
    WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[])
)
UPDATE subscription AS s
SET status = 'canceled',
    canceled_at = %(now)s,
    churn_date = coalesce(s.churn_date, %(today)s),
    next_due_date = NULL,
    next_amount_minor = NULL,
    pause_on = NULL,
    resume_on = NULL,
    cancel_on = NULL,
    updated_at = %(now)s
FROM before
WHERE s.account_id = %(account_id)s AND s.id = ANY(%(ids)s::bigint[]) AND s.id = before.id
RETURNING s.id, before.churn_date, before.cancel_on, before.pause_on, before.resume_on
