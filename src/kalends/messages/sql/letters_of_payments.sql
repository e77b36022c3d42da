-- What a letter about a payment needs, as it stood when the letter was decided on: what changed after that is undone
-- by the journal's "before" (letters_later.sql, which these statements end with). A failure's reason is that of the
-- attempt the letter is about, and not of a later one.
SELECT
    wanted.letter, wanted.created_at,
    p.amount_minor, p.currency, p.settled_at, p.method_kind, p.brand, p.last4, p.bank_or_issuer, p.fee_minor,
    coalesce(nullif(wanted.occasion, '')::int, p.attempts),
    failed.data ->> 'code', failed.data ->> 'retry_on',
    contact.first_name, contact.last_name, contact.email, company.name, contact.country, contact.id,
    s.id, s.name, s.collection = 'automatic',
    CASE WHEN later.due IS NULL THEN s.next_due_date ELSE (later.due ->> 0)::date END,
    coalesce(later.amount ->> 0, s.next_amount_minor::text),
    CASE WHEN s.canceled_at <= wanted.created_at THEN (s.canceled_at AT TIME ZONE %(time_zone)s)::date END,
    i.id, i.number, coalesce(i.currency, p.currency), i.invoice_date, i.due_date, i.total_minor, i.period_start,
    i.period_end, i.fees_minor, i.paid_minor, i.credited_minor,
    (
        SELECT coalesce(sum(a.amount_minor), 0)::bigint FROM credit_application AS a
        WHERE a.account_id = %(account_id)s AND a.invoice_id = i.id AND a.credit_note_id IS NULL
    )
FROM unnest(%(letters)s::bigint[], %(objects)s::bigint[], %(occasions)s::text[], %(ats)s::timestamptz[])
    AS wanted (letter, object, occasion, created_at)
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = wanted.object
LEFT JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = p.invoice_id
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = p.contact_id
LEFT JOIN company ON company.account_id = %(account_id)s
    AND company.id = coalesce(p.company_id, contact.primary_company_id)
LEFT JOIN LATERAL (
    SELECT e.data
    FROM event AS e
    WHERE e.account_id = %(account_id)s
        AND e.object_id = p.id
        AND e.kind = 'payment.failed'
        AND e.data ->> 'attempt' = wanted.occasion
    ORDER BY e.id DESC
    LIMIT 1
) AS failed ON true
