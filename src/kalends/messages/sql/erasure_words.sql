UPDATE message AS m
SET subject = NULL, text = NULL, html = NULL, attached = NULL, given = NULL, error = NULL,
    recipient = CASE
        WHEN EXISTS (
            SELECT FROM membership AS s
            JOIN app_user AS u ON u.id = s.user_id
            WHERE s.account_id = %(account_id)s AND u.email = m.recipient
        ) THEN m.recipient
        ELSE 'erased-' || m.id
    END
WHERE m.account_id = %(account_id)s AND m.contact_id = ANY(%(contacts)s::bigint[])
RETURNING m.id, m.created_at
