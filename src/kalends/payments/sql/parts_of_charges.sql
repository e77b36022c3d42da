SELECT charge_key, invoice_id, attempt, amount_minor
FROM charge_attempt
WHERE account_id = %(account_id)s AND charge_key = ANY(%(keys)s)
ORDER BY charge_key, invoice_id
