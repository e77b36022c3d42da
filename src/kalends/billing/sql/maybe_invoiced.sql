SELECT s.id, s.next_cycle, s.next_due_date
FROM subscription AS s
WHERE s.account_id = %(account_id)s
    AND s.creates_invoices
    AND s.collection = 'manual'
    AND s.next_due_date BETWEEN %(first)s AND %(last)s
ORDER BY s.id
