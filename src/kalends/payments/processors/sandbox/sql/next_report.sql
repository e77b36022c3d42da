SELECT due_at FROM sandbox_report WHERE account_id = %(account)s ORDER BY account_id, due_at, event_id LIMIT 1
