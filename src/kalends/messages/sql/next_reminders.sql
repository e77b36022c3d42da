-- The days on which the next payment and the next invoice come near enough. A day too many is looked at in vain.
SELECT
    (
        SELECT min(next_due_date) FROM subscription
        WHERE account_id = %(account_id)s AND creates_invoices AND next_due_date > %(payments_until)s
            AND %(payment_days)s > 0 AND collection = 'automatic' AND frequency <> ALL(%(short)s::text[])
    ) - %(payment_days)s,
    (
        SELECT min(due_date) FROM invoice
        WHERE account_id = %(account_id)s AND status = 'open' AND collection = 'manual' AND past_due_at IS NULL
            AND due_date > %(invoices_until)s AND %(invoice_days)s > 0
    ) - %(invoice_days)s
