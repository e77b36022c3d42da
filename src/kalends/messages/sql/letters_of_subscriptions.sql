-- What a letter about a subscription needs, as it stood when the letter was decided on (see letters_of_payments.sql).
-- The occasion of a letter about an edit, a pause or its end is the event that says what happened.
SELECT
    wanted.letter, wanted.created_at, s.id, s.name, s.currency, s.collection = 'automatic',
    CASE WHEN later.due IS NULL THEN s.next_due_date ELSE (later.due ->> 0)::date END,
    CASE WHEN later.amount IS NULL THEN s.next_amount_minor::text ELSE later.amount ->> 0 END,
    CASE WHEN s.canceled_at <= wanted.created_at THEN s.canceled_at END,
    CASE WHEN later.method IS NULL THEN s.payment_method_id ELSE (later.method ->> 0)::bigint END,
    s.resume_on, about.data,
    contact.first_name, contact.last_name, contact.email, company.name, contact.country, contact.id
FROM unnest(%(letters)s::bigint[], %(objects)s::bigint[], %(occasions)s::text[], %(ats)s::timestamptz[])
    AS wanted (letter, object, occasion, created_at)
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = wanted.object
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = s.contact_id
LEFT JOIN company ON company.account_id = %(account_id)s
    AND company.id = coalesce(s.company_id, contact.primary_company_id)
LEFT JOIN event AS about ON about.account_id = %(account_id)s
    AND about.object_id = s.id
    AND about.id = CASE WHEN wanted.occasion ~ '^[0-9]+$' THEN wanted.occasion::bigint END
