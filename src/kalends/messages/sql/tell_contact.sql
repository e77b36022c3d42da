INSERT INTO message (
    account_id, kind, object_id, occasion, recipient, contact_id, language, status, created_at, given
)
SELECT
    %(account_id)s, %(kind)s, %(object_id)s, %(occasion)s, contact.email, contact.id,
    coalesce(contact.language, account.language), %(status)s, %(at)s, %(given)s::jsonb
FROM contact
JOIN account ON account.id = contact.account_id
WHERE contact.account_id = %(account_id)s AND contact.id = %(contact_id)s
    AND contact.email IS NOT NULL AND contact.archived_at IS NULL
ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING
RETURNING recipient
