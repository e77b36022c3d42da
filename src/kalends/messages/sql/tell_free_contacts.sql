INSERT INTO message (
    account_id, kind, object_id, occasion, recipient, contact_id, language, status, created_at, given
)
SELECT
    %(account_id)s, %(kind)s, letter.object, letter.occasion, contact.email, contact.id,
    coalesce(contact.language, account.language), %(status)s, %(at)s, letter.given::jsonb
FROM unnest(%(objects)s::bigint[], %(occasions)s::text[], %(readers)s::bigint[], %(given)s::text[])
    AS letter (object, occasion, reader, given)
JOIN account ON account.id = %(account_id)s
JOIN contact ON contact.account_id = %(account_id)s AND contact.id = letter.reader
    AND contact.email IS NOT NULL AND contact.archived_at IS NULL
ON CONFLICT ON CONSTRAINT message_sent_once DO NOTHING
RETURNING object_id, occasion
