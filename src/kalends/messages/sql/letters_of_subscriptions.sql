SELECT
    wanted.letter, s.id, s.name, s.currency, s.canceled_at,
    contact.first_name, contact.last_name, contact.email, company.name, contact.country
FROM unnest(%(letters)s::bigint[], %(objects)s::bigint[], %(occasions)s::text[], %(ats)s::timestamptz[])
    AS wanted (letter, object, occasion, created_at)
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = wanted.object
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = s.contact_id
LEFT JOIN company ON company.account_id = %(account_id)s
    AND company.id = coalesce(s.company_id, contact.primary_company_id)
