SELECT
    r.id, r.status, r.amount_minor, r.currency, p.id, p.status, p.amount_minor, p.refunded_minor,
    EXISTS (
        SELECT FROM refund AS other
        WHERE other.account_id = %(account_id)s AND other.payment_id = p.id AND other.id <> r.id
            AND other.status IN ('intended', 'sent', 'processing')
    ),
    p.processor = 'none', p.invoice_id, p.subscription_id, p.contact_id
FROM refund AS r
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
WHERE r.account_id = %(account_id)s AND r.id = %(id)s
FOR UPDATE OF r, p
