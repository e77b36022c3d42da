SELECT count(*)
FROM subscription AS s
WHERE s.account_id = %(account_id)s AND s.creates_invoices AND s.next_due_date <= %(billing_day)s
    AND NOT EXISTS (
        SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
    )
