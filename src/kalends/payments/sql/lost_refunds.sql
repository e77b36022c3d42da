SELECT r.id, p.id, r.amount_minor, r.currency, p.processor, a.invoice_id, a.attempt
FROM refund AS r
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = r.payment_id
JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s AND a.invoice_id = p.invoice_id AND a.payment_id = p.id AND a.status = 'succeeded'
WHERE r.account_id = %(account_id)s
    AND r.status = 'sent'
    AND NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND granted
            AND objsubid = 1
            AND (classid::bigint << 32 | objid::bigint) = r.sender
    )
ORDER BY r.id
