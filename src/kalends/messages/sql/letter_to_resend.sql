-- A customer's letter goes to where the contact is reached now; a notice goes to whom it went.
SELECT
    m.kind, m.object_id, m.occasion, m.recipient, contact.email, m.contact_id, m.language, m.status, m.subject, m.text,
    m.html, m.attached::text, m.logo, m.given::text
FROM message AS m
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = m.contact_id
WHERE m.account_id = %(account_id)s AND m.id = %(id)s
FOR UPDATE OF m
