-- What starting to bill writes, as it stands before: named as in start_billing.sql.
SELECT
    name, creates_invoices, status, collection, contact_id, payment_method_id, start_date, anchor_date, anchor_cycle,
    next_cycle, next_due_date, next_amount_minor, expected_payments, end_date, mrr_minor, arr_minor
FROM subscription
WHERE account_id = %(account_id)s AND id = %(id)s
