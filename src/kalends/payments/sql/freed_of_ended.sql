-- Decided on and not sent, of subscriptions that may not be charged; what their customers pay on a page is not among them.
SELECT a.invoice_id, a.attempt, s.status
FROM charge_attempt AS a
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id
    AND NOT (p.creation_method = 'CHECKOUT' AND p.payment_source_app = 'INVOICE')
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
    AND s.status <> ALL(%(chargeable)s)
WHERE a.account_id = %(account_id)s AND a.invoice_id = ANY(%(invoices)s::bigint[]) AND a.status = 'intended'
ORDER BY a.invoice_id, a.attempt
FOR UPDATE OF a
