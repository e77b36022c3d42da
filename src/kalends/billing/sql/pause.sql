UPDATE subscription
SET status = %(status)s,
    paused_at = %(now)s,
    pause_on = NULL,
    resume_on = %(resume_on)s,
    next_due_date = NULL,
    next_amount_minor = NULL,
    updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = %(id)s
