UPDATE subscription
SET status = %(status)s,
    churn_date = %(churned)s,
    resume_on = NULL,
    anchor_date = %(anchor)s,
    anchor_cycle = %(anchor_cycle)s,
    next_due_date = %(due)s,
    next_amount_minor = %(amount)s,
    end_date = %(end)s,
    updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = %(id)s
