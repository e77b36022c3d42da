-- What decides about the actions on invoices, and what their dialogs tell before anything happens.
SELECT
    i.id, i.number, i.status, i.currency, i.total_minor, i.paid_minor, i.credited_minor, i.due_date,
    i.allow_partial_payments, i.subscription_id, i.contact_id,
    coalesce(nullif(btrim(concat_ws(' ', contact.first_name, contact.last_name)), ''), contact.email), contact.email,
    coalesce(moving.minor, 0)::bigint, letter.id
FROM invoice AS i
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = i.contact_id AND contact.archived_at IS NULL
LEFT JOIN LATERAL (
    SELECT sum(p.amount_minor) AS minor
    FROM payment AS p
    WHERE p.account_id = %(account_id)s AND p.invoice_id = i.id AND p.status = 'processing'
) AS moving ON true
LEFT JOIN LATERAL (
    SELECT max(m.id) AS id
    FROM message AS m
    WHERE m.account_id = %(account_id)s AND m.object_id = i.id AND m.kind = 'invoice'
) AS letter ON true
WHERE i.account_id = %(account_id)s AND i.id = ANY(%(ids)s::bigint[]) AND i.archived_at IS NULL
