-- A new attempt for each payment, by the method that its subscription has now.
WITH again AS (
    UPDATE payment AS p
    SET status = 'processing',
        status_updated_at = %(now)s,
        updated_at = %(now)s,
        next_retry_on = NULL,
        attempts = p.attempts + 1,
        retries_by_hand = p.retries_by_hand + %(by_hand)s,
        payment_method_id = s.payment_method_id,
        method_kind = method.kind,
        brand = method.brand,
        last4 = method.last4,
        bank_or_issuer = method.bank_or_issuer,
        processor = method.processor
    FROM subscription AS s, payment_method AS method
    WHERE p.account_id = %(account_id)s
        AND p.id = ANY(%(ids)s)
        AND s.account_id = %(account_id)s
        AND s.id = p.subscription_id
        AND method.account_id = %(account_id)s
        AND method.id = s.payment_method_id
    RETURNING p.id, p.invoice_id, p.amount_minor, p.currency, p.payment_method_id
)
INSERT INTO charge_attempt (
    account_id, invoice_id, attempt, payment_id, payment_method_id, status, amount_minor, currency, intended_at
)
SELECT
    %(account_id)s, again.invoice_id,
    1 + (SELECT max(a.attempt) FROM charge_attempt AS a
         WHERE a.account_id = %(account_id)s AND a.invoice_id = again.invoice_id),
    again.id, again.payment_method_id, 'intended', again.amount_minor, again.currency, %(now)s
FROM again
