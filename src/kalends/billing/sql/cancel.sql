WITH no_retries AS (
    UPDATE payment SET next_retry_on = NULL
    WHERE account_id = %(account_id)s
        AND subscription_id = ANY(%(ids)s::bigint[])
        AND next_retry_on IS NOT NULL
)
UPDATE subscription
SET status = 'canceled',
    canceled_at = %(now)s,
    churn_date = coalesce(churn_date, %(today)s),
    next_due_date = NULL,
    next_amount_minor = NULL,
    pause_on = NULL,
    resume_on = NULL,
    cancel_on = NULL,
    updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[])
