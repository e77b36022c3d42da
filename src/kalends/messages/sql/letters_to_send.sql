SELECT id, kind, object_id, occasion, recipient, language, created_at, given, tries, subject, text, html, attached, logo
FROM message
WHERE account_id = %(account_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
