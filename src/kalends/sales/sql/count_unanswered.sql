UPDATE checkout_charge AS g
SET calls = g.calls + 1
WHERE g.account_id = %(account_id)s
    AND g.checkout_id = %(checkout_id)s
    AND g.attempt = %(attempt)s
    AND g.status = 'sent'
