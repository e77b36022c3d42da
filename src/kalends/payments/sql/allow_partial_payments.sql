UPDATE invoice SET allow_partial_payments = %(allowed)s, updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = %(id)s AND allow_partial_payments <> %(allowed)s
