SELECT
    a.invoice_id, a.attempt, a.status, p.id, a.amount_minor, a.currency, p.method_kind, p.processor, p.contact_id,
    p.first_failed_on, s.id, s.status, s.end_date, i.reason NOT LIKE 'proration-%%',
    p.method_kind = 'card' AND p.creation_method = 'CHECKOUT' AND p.payment_source_app = 'INVOICE',
    a.charge_key
FROM ROWS FROM (unnest(%(invoices)s::bigint[], %(attempts)s::smallint[]), string_to_table('', '')) WITH ORDINALITY
    AS wanted (invoice_id, attempt, many, position)
JOIN charge_attempt AS a
    ON a.account_id = %(account_id)s AND a.invoice_id = ANY(%(invoices)s::bigint[])
    AND a.invoice_id = wanted.invoice_id AND a.attempt = wanted.attempt
JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = a.invoice_id
JOIN payment AS p ON p.account_id = %(account_id)s AND p.id = a.payment_id
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.subscription_id
ORDER BY wanted.position
FOR UPDATE OF a
