-- The kind, the brand and the processor stay, for the payments that were made by it.
UPDATE payment_method
SET contact_id = NULL, token = 'erased-' || id, last4 = '', expires_on = NULL, bank_or_issuer = NULL,
    billing_address = NULL
WHERE account_id = %(account_id)s AND contact_id = ANY(%(contacts)s::bigint[])
