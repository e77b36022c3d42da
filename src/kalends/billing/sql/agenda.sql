-- Each minimum is the first entry of a small index. A cycle that is due and was left for another day (a customer who
-- is several behind is charged for one a day) comes up again on the next; what is parked waits for a person.
SELECT
    (
        SELECT greatest(s.next_due_date, %(after_billing)s::date + 1) FROM subscription AS s
        WHERE s.account_id = %(account_id)s AND s.creates_invoices AND s.next_due_date IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
            )
        ORDER BY s.next_due_date
        LIMIT 1
    ),
    (
        SELECT min(next_retry_on) FROM payment
        WHERE account_id = %(account_id)s AND next_retry_on > %(after_billing)s
    ),
    (
        SELECT min(due_date) FROM invoice
        WHERE account_id = %(account_id)s AND status = 'open' AND collection = 'manual' AND past_due_at IS NULL
            AND due_date >= %(after)s
    ),
    (
        SELECT min(end_date) FROM subscription
        WHERE account_id = %(account_id)s AND status IN ('active', 'past_due', 'unpaid') AND end_date > %(after)s
    ),
    (
        SELECT min(resume_on) FROM subscription
        WHERE account_id = %(account_id)s AND resume_on IS NOT NULL AND resume_on > %(after)s
    ),
    (
        SELECT min(pause_on) FROM subscription
        WHERE account_id = %(account_id)s AND pause_on IS NOT NULL AND pause_on > %(after)s
    ),
    (
        SELECT min(cancel_on) FROM subscription
        WHERE account_id = %(account_id)s AND cancel_on IS NOT NULL AND cancel_on > %(after)s
    ),
    (
        SELECT min(status) FROM charge_attempt
        WHERE account_id = %(account_id)s AND status IN ('intended', 'sent')
    ) IS NOT NULL,
    (SELECT min(status) FROM refund WHERE account_id = %(account_id)s AND status IN ('intended', 'sent')) IS NOT NULL,
    (SELECT min(id) FROM processor_event WHERE account_id = %(account_id)s AND handled_at IS NULL) IS NOT NULL
