-- Every subscription in the order of ids: what it says of its schedule and worth.
SELECT
    id, name, status, creates_invoices, currency, frequency, start_date, anchor_date, anchor_cycle, next_cycle,
    expected_payments, next_due_date, next_amount_minor, end_date, mrr_minor, arr_minor,
    cancel_on IS NOT NULL
FROM subscription
WHERE account_id = %(account_id)s
ORDER BY id
