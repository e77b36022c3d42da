SELECT status, amount_minor, currency, processor, method, action_url
FROM checkout_charge
WHERE account_id = %(account_id)s AND checkout_id = %(checkout_id)s AND attempt = %(attempt)s
FOR UPDATE
