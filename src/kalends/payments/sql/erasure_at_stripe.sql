-- Under which names Stripe knows the contacts: customers whose methods are stored, and pages that were opened for them.
SELECT split_part(token, ':', 1)
FROM payment_method
WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[]) AND processor = 'stripe'
UNION
SELECT setup_reference
FROM method_request
WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[]) AND processor = 'stripe'
    AND setup_reference IS NOT NULL
