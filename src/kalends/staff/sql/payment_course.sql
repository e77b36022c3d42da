-- The course of a payment: each try to charge, each refund, each dispute, in order.
SELECT 'attempt', attempt::text, intended_at, status, amount_minor, currency, failure_code, NULL
FROM charge_attempt
WHERE account_id = %(account_id)s AND payment_id = %(id)s
UNION ALL
SELECT 'refund', number::text, requested_at, status, amount_minor, currency, failure_code, reason
FROM refund
WHERE account_id = %(account_id)s AND payment_id = %(id)s
UNION ALL
SELECT 'dispute', '', opened_at, status, amount_minor, currency, NULL, NULL
FROM dispute
WHERE account_id = %(account_id)s AND payment_id = %(id)s
ORDER BY 3
