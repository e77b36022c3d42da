-- Invoices that fell overdue, with what is open on them, by currency.
SELECT currency, count(*), sum(total_minor - paid_minor - credited_minor)::bigint
FROM invoice
WHERE account_id = %(account_id)s AND status = 'open' AND past_due_at IS NOT NULL
GROUP BY currency
ORDER BY currency
