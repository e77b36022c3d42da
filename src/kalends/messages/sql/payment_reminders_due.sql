-- One letter a cycle: its occasion is the day on which the payment is due.
SELECT
    %(account_id)s, 'reminder', s.id, s.next_due_date::text, contact.email, contact.id,
    coalesce(contact.language, account.language), %(status)s, %(now)s
FROM subscription AS s
JOIN account ON account.id = %(account_id)s
JOIN contact ON contact.account_id = %(account_id)s AND contact.id = s.contact_id AND contact.email IS NOT NULL
WHERE s.account_id = %(account_id)s
    AND s.creates_invoices
    AND s.collection = 'automatic'
    AND s.status = ANY(%(charged)s::text[])
    AND s.frequency <> ALL(%(short)s::text[])
    AND s.next_due_date > %(today)s
    AND s.next_due_date <= %(until)s
    AND s.next_amount_minor IS DISTINCT FROM 0
    AND NOT EXISTS (
        SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
    )
    AND NOT EXISTS (
        SELECT FROM message AS m
        WHERE m.account_id = %(account_id)s
            AND m.object_id = s.id
            AND m.kind = 'reminder'
            AND m.occasion = s.next_due_date::text
    )
