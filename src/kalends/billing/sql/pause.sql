UPDATE subscription
SET status = %(status)s,
    paused_at = %(now)s,
    pause_on = NULL,
    resume_on = coalesce(%(resume_on)s, resume_on),
    cancel_on = NULL,
    next_due_date = NULL,
    next_amount_minor = NULL,
    updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = %(id)s
