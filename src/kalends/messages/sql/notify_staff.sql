INSERT INTO message (account_id, kind, object_id, occasion, recipient, contact_id, language, status, created_at)
SELECT
    %(account_id)s, letter.kind, letter.object, letter.occasion, app_user.email, letter.contact,
    app_user.language, %(status)s, %(at)s
FROM unnest(%(kinds)s::text[], %(objects)s::bigint[], %(contacts)s::bigint[], %(occasions)s::text[])
    AS letter (kind, object, contact, occasion)
JOIN membership ON membership.account_id = %(account_id)s AND membership.role = 'admin'
    AND CASE letter.kind
        WHEN 'payment_made' THEN membership.told_of_payments_made
        WHEN 'payment_failed' THEN membership.told_of_payments_failed
        WHEN 'dispute_opened' THEN membership.told_of_disputes
        WHEN 'dispute_won' THEN membership.told_of_disputes
        WHEN 'dispute_lost' THEN membership.told_of_disputes
    END
JOIN app_user ON app_user.id = membership.user_id AND app_user.is_active
ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING
