SELECT s.status, s.collection, s.creates_invoices, contact.id, contact.email
FROM subscription AS s
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = s.contact_id
WHERE s.account_id = %(account_id)s AND s.id = %(id)s
FOR UPDATE OF s
