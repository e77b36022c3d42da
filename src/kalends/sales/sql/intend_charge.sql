INSERT INTO checkout_charge (
    account_id, checkout_id, attempt, status, amount_minor, currency, processor, token, method_kind, method, intended_at,
    sender
)
SELECT
    %(account_id)s, %(checkout_id)s, 1 + coalesce(max(g.attempt), 0), 'sent', %(amount)s, %(currency)s, %(processor)s,
    %(token)s, %(kind)s, %(method)s, %(now)s, %(sender)s
FROM checkout_charge AS g
WHERE g.account_id = %(account_id)s AND g.checkout_id = %(checkout_id)s
RETURNING
    checkout_id, attempt, status, amount_minor, currency, processor, token, method_kind, calls, false, true
