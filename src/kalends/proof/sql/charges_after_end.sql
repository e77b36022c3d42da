-- Charges that nobody but us decided on: money recorded by hand has no payment method and may come at any time, and what
-- a customer paid on an invoice's page was their own wish.
SELECT
    'Charge ' || a.attempt || ' of invoice ' || coalesce(i.number, a.invoice_id::text), 'time', a.intended_at::text,
    CASE
        WHEN a.intended_at > s.canceled_at THEN 'before ' || s.canceled_at || ', when its subscription was canceled'
        ELSE 'before ' || s.paused_at || ', when its subscription was paused'
    END,
    NULL::text
FROM charge_attempt AS a
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = a.invoice_id
WHERE a.account_id = %(account_id)s
    AND a.payment_method_id IS NOT NULL
    AND NOT (
        p.creation_method = 'CHECKOUT' AND p.payment_source_app = 'INVOICE' AND a.intended_at = p.initiated_at
    )
    AND (
        (s.status = 'canceled' AND a.intended_at > s.canceled_at)
        OR (s.status = 'paused' AND a.intended_at > s.paused_at)
    )
ORDER BY a.invoice_id, a.attempt
