INSERT INTO message (account_id, kind, object_id, occasion, recipient, language, status, created_at, given)
SELECT
    %(account_id)s, %(kind)s, %(object_id)s, %(occasion)s, app_user.email, app_user.language, %(status)s, %(at)s,
    %(given)s::jsonb
FROM app_user
JOIN membership ON membership.account_id = %(account_id)s AND membership.user_id = app_user.id
WHERE app_user.id = %(user_id)s AND app_user.is_active
ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING
