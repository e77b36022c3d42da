-- What a letter about an invoice needs, as it stood when the letter was decided on (see letters_of_payments.sql).
SELECT
    wanted.letter, wanted.created_at,
    contact.first_name, contact.last_name, contact.email, company.name, contact.country, contact.id,
    s.id, s.name, s.collection = 'automatic',
    CASE WHEN later.due IS NULL THEN s.next_due_date ELSE (later.due ->> 0)::date END,
    coalesce(later.amount ->> 0, s.next_amount_minor::text),
    CASE WHEN s.canceled_at <= wanted.created_at THEN (s.canceled_at AT TIME ZONE %(time_zone)s)::date END,
    i.id, i.number, i.currency, i.invoice_date, i.due_date, i.total_minor, i.period_start, i.period_end,
    i.fees_minor, i.paid_minor, i.credited_minor,
    (
        SELECT coalesce(sum(a.amount_minor), 0)::bigint FROM credit_application AS a
        WHERE a.account_id = %(account_id)s AND a.invoice_id = i.id AND a.credit_note_id IS NULL
    )
FROM unnest(%(letters)s::bigint[], %(objects)s::bigint[], %(occasions)s::text[], %(ats)s::timestamptz[])
    AS wanted (letter, object, occasion, created_at)
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = wanted.object AND i.number IS NOT NULL
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = i.contact_id
LEFT JOIN company ON company.account_id = %(account_id)s
    AND company.id = coalesce(i.company_id, contact.primary_company_id)
