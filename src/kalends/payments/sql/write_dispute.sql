WITH written AS (
    INSERT INTO dispute (
        account_id, id, payment_id, amount_minor, fee_minor, currency, status, opened_at, evidence_due_on, decided_at
    )
    VALUES (
        %(account_id)s, %(id)s, %(payment_id)s, %(amount)s, %(fee)s, %(currency)s, %(status)s, %(at)s, %(evidence_due)s,
        %(decided_at)s
    )
    ON CONFLICT (account_id, id) DO UPDATE
        SET status = %(status)s, decided_at = %(decided_at)s, fee_back_minor = %(fee_back)s
)
UPDATE payment
SET status = %(payment_status)s, status_updated_at = %(at)s, updated_at = %(now)s
WHERE account_id = %(account_id)s AND id = %(payment_id)s
