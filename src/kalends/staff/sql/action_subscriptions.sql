-- What decides about the actions on subscriptions, and what their dialogs tell before anything happens.
SELECT
    s.id, s.name, s.status, s.currency, s.collection, s.creates_invoices, s.frequency,
    s.anchor_date, s.anchor_cycle, s.next_cycle, s.next_due_date, s.next_amount_minor, s.expected_payments,
    s.cancel_on, s.pause_on, s.resume_on, s.allowed_payment_methods,
    contact.id, coalesce(nullif(btrim(concat_ws(' ', contact.first_name, contact.last_name)), ''), contact.email),
    contact.email,
    method.id, method.kind, method.brand, method.last4,
    coalesce(owed.count, 0), coalesce(owed.minor, 0)::bigint,
    coalesce(moving.count, 0), coalesce(moving.minor, 0)::bigint,
    parked.code
FROM subscription AS s
LEFT JOIN contact ON contact.account_id = %(account_id)s AND contact.id = s.contact_id AND contact.archived_at IS NULL
LEFT JOIN payment_method AS method ON method.account_id = %(account_id)s AND method.id = s.payment_method_id
LEFT JOIN parked_subscription AS parked ON parked.account_id = %(account_id)s AND parked.id = s.id
LEFT JOIN LATERAL (
    SELECT count(*) AS count, sum(i.total_minor - i.paid_minor - i.credited_minor) AS minor
    FROM invoice AS i
    WHERE i.account_id = %(account_id)s AND i.subscription_id = s.id AND i.status = 'open'
) AS owed ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS count, sum(p.amount_minor) AS minor
    FROM payment AS p
    WHERE p.account_id = %(account_id)s AND p.subscription_id = s.id AND p.status = 'processing'
) AS moving ON true
WHERE s.account_id = %(account_id)s AND s.id = ANY(%(ids)s::bigint[]) AND s.archived_at IS NULL
