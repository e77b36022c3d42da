UPDATE invoice
SET status = %(status)s, number = %(number)s, invoice_date = %(date)s, due_date = %(due)s, net_terms_days = %(terms)s,
    issued_at = %(now)s, paid_at = CASE WHEN %(status)s = 'paid' THEN %(now)s::timestamptz END, updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = %(id)s
