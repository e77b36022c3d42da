-- To the user who owns the subscription that the letter is about, if that user still belongs to the account; to the
-- administrators while nobody owns it. Each may switch it off.
WITH wanted AS (
    SELECT letter.*, owner.user_id AS owner_id
    FROM unnest(%(kinds)s::text[], %(objects)s::bigint[], %(contacts)s::bigint[], %(occasions)s::text[])
        AS letter (kind, object, contact, occasion)
    JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = letter.object
    LEFT JOIN (
        membership AS owner JOIN app_user AS person ON person.id = owner.user_id AND person.is_active
    ) ON owner.account_id = %(account_id)s AND owner.user_id = s.owner_id
)
INSERT INTO message (account_id, kind, object_id, occasion, recipient, contact_id, language, status, created_at)
SELECT
    %(account_id)s, wanted.kind, wanted.object, wanted.occasion, app_user.email, wanted.contact,
    app_user.language, %(status)s, %(at)s
FROM wanted
JOIN membership ON membership.account_id = %(account_id)s AND membership.told_of_pauses
    AND CASE WHEN wanted.owner_id IS NULL THEN membership.role = 'admin' ELSE membership.user_id = wanted.owner_id END
JOIN app_user ON app_user.id = membership.user_id AND app_user.is_active
ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING
