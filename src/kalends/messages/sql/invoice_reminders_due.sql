-- Invoices that customers pay themselves and were told of by letter. One whose time to pay is no longer than the
-- reminder's lead needs none: it has just come.
SELECT
    %(account_id)s, 'invoice_reminder', i.id, i.due_date::text, contact.email, contact.id,
    coalesce(contact.language, account.language), %(status)s, %(now)s
FROM invoice AS i
JOIN account ON account.id = %(account_id)s
JOIN contact ON contact.account_id = %(account_id)s AND contact.id = i.contact_id AND contact.email IS NOT NULL
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = i.subscription_id
WHERE i.account_id = %(account_id)s
    AND i.status = 'open'
    AND i.collection = 'manual'
    AND i.past_due_at IS NULL
    AND i.due_date > %(today)s
    AND i.due_date <= %(until)s
    AND i.invoice_date + %(days)s < i.due_date
    AND i.total_minor > i.paid_minor + i.credited_minor
    AND coalesce(s.email_invoices AND s.status <> 'paused', true)
    AND NOT EXISTS (
        SELECT FROM message AS m
        WHERE m.account_id = %(account_id)s
            AND m.object_id = i.id
            AND m.kind = 'invoice_reminder'
            AND m.occasion = i.due_date::text
    )
