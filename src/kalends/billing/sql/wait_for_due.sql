-- Returns once nobody holds any subscription that is due.
SELECT id
FROM subscription
WHERE account_id = %(account_id)s AND creates_invoices AND next_due_date <= %(billing_day)s
ORDER BY id
FOR SHARE
