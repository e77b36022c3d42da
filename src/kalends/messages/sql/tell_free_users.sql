INSERT INTO message (account_id, kind, object_id, occasion, recipient, language, status, created_at, given)
SELECT
    %(account_id)s, %(kind)s, letter.object, letter.occasion, app_user.email, app_user.language, %(status)s, %(at)s,
    letter.given::jsonb
FROM unnest(%(objects)s::bigint[], %(occasions)s::text[], %(readers)s::bigint[], %(given)s::text[])
    AS letter (object, occasion, reader, given)
JOIN membership ON membership.account_id = %(account_id)s AND membership.user_id = letter.reader
JOIN app_user ON app_user.id = membership.user_id AND app_user.is_active
ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING
RETURNING object_id, occasion
