-- Minima, each the first entry of a small index: an EXISTS would invite the planner to read a table that has no match.
SELECT
    coalesce((
        SELECT s.next_due_date FROM subscription AS s
        WHERE s.account_id = %(account_id)s AND s.creates_invoices AND s.next_due_date IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
            )
        ORDER BY s.next_due_date
        LIMIT 1
    ) <= %(billing_day)s, false),
    coalesce((
        SELECT min(next_retry_on) FROM payment WHERE account_id = %(account_id)s
    ) <= %(billing_day)s, false),
    coalesce((
        SELECT min(due_date) FROM invoice
        WHERE account_id = %(account_id)s AND status = 'open' AND collection = 'manual' AND past_due_at IS NULL
    ) < %(today)s, false),
    coalesce((
        SELECT min(end_date) FROM subscription
        WHERE account_id = %(account_id)s AND status IN ('active', 'past_due', 'unpaid')
    ) <= %(today)s, false),
    coalesce((
        SELECT min(resume_on) FROM subscription WHERE account_id = %(account_id)s
    ) <= %(today)s, false),
    coalesce((
        SELECT min(pause_on) FROM subscription WHERE account_id = %(account_id)s
    ) <= %(today)s, false),
    coalesce((
        SELECT min(cancel_on) FROM subscription WHERE account_id = %(account_id)s
    ) <= %(today)s, false),
    (
        SELECT min(status) FROM charge_attempt
        WHERE account_id = %(account_id)s AND status IN ('intended', 'sent')
    ) IS NOT NULL,
    (SELECT min(status) FROM refund WHERE account_id = %(account_id)s AND status IN ('intended', 'sent')) IS NOT NULL,
    (SELECT min(id) FROM processor_event WHERE account_id = %(account_id)s AND handled_at IS NULL) IS NOT NULL
