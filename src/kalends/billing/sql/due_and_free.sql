-- How many subscriptions are due, and how many of them nobody holds at this moment.
WITH free AS MATERIALIZED (
    SELECT id
    FROM subscription
    WHERE account_id = %(account_id)s AND creates_invoices AND next_due_date <= %(billing_day)s
    FOR SHARE SKIP LOCKED
)

SELECT
    (
        SELECT count(*) FROM subscription
        WHERE account_id = %(account_id)s AND creates_invoices AND next_due_date <= %(billing_day)s
    ),
    (SELECT count(*) FROM free)
