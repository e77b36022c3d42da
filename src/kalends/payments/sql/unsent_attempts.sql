-- Held until they are given up: a sender that comes meanwhile passes them by, and what it took before is not among them.
-- What a customer pays on an invoice's page is theirs to pay, whatever becomes of the subscription.
SELECT a.invoice_id, a.attempt
FROM payment AS p
JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.payment_id = p.id AND a.status = 'intended'
WHERE p.account_id = %(account_id)s AND p.subscription_id = ANY(%(ids)s::bigint[]) AND p.status = 'processing'
    AND NOT (p.creation_method = 'CHECKOUT' AND p.payment_source_app = 'INVOICE')
ORDER BY a.invoice_id, a.attempt
FOR UPDATE OF a
