-- What is due and may be billed now, oldest due date first.
-- A customer who is several cycles behind is charged for one of them a day, unless staff asked to catch up.
SELECT
    s.id, s.status, s.collection, s.currency, s.frequency, s.anchor_date, s.anchor_cycle, s.next_cycle,
    s.next_due_date, s.next_amount_minor, s.expected_payments, s.net_terms_days, s.payment_method_id, s.contact_id,
    s.email_invoices
FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.creates_invoices
    AND s.next_due_date <= %(day)s
    AND (s.next_due_date, s.id) > (%(after_date)s, %(after_id)s)
    AND (s.pause_on IS NULL OR s.next_due_date < s.pause_on)
    AND NOT EXISTS (
        SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
    )
    AND (
        s.next_due_date = %(day)s
        OR s.collection = 'manual'
        OR %(catch_up)s
        OR NOT EXISTS (
            SELECT FROM subscription AS sibling
            JOIN payment ON payment.account_id = %(account_id)s AND payment.subscription_id = sibling.id
            WHERE sibling.account_id = %(account_id)s
                AND sibling.contact_id = s.contact_id
                AND payment.initiated_at >= %(start_of_day)s
        )
    )
ORDER BY s.next_due_date, s.id
LIMIT %(limit)s
