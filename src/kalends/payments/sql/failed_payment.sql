SELECT
    p.id, p.status, p.method_kind, p.failure_code, p.retries_by_hand, s.id, s.status, s.payment_method_id,
    CASE WHEN i.status = 'open' THEN i.total_minor - i.paid_minor - i.credited_minor - coalesce((
        SELECT sum(other.amount_minor)::bigint FROM payment AS other
        WHERE other.account_id = %(account_id)s AND other.invoice_id = i.id AND other.status = 'processing'
    ), 0) ELSE 0 END,
    p.amount_minor, p.attempts, p.archived_at IS NOT NULL
FROM payment AS p
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
WHERE p.account_id = %(account_id)s AND p.id = %(payment_id)s
