-- A debit under way and a dispute that was won show as what they are.
WITH moved AS (
    UPDATE payment
    SET status = 'processing_refund', status_updated_at = %(now)s, updated_at = %(now)s
    WHERE account_id = %(account_id)s AND id = %(payment_id)s
        AND status IN ('succeeded', 'partially_refunded', 'processing_refund')
)
INSERT INTO refund (
    account_id, id, payment_id, number, amount_minor, currency, status, reason, requested_at, requested_by
)
VALUES (
    %(account_id)s, %(id)s, %(payment_id)s, %(number)s, %(amount)s, %(currency)s, 'intended', %(reason)s, %(now)s,
    %(actor)s
)
