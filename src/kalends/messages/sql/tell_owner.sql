WITH place AS (
    SELECT person.id, person.email, person.language, membership.role
    FROM membership
    JOIN app_user AS person ON person.id = membership.user_id AND person.is_active
    WHERE membership.account_id = %(account_id)s
)
INSERT INTO message (account_id, kind, object_id, occasion, recipient, language, status, created_at, given)
SELECT
    %(account_id)s, %(kind)s, %(object_id)s, '', place.email, place.language, %(status)s, %(at)s, %(given)s::jsonb
FROM place
WHERE CASE
    WHEN EXISTS (SELECT FROM place WHERE id = %(owner_id)s::bigint) THEN place.id = %(owner_id)s::bigint
    ELSE place.role = 'admin'
END
ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING
