-- Subscriptions whose charge failed and is still owed, with the last such charge.
SELECT
    s.id, s.name, coalesce(company.name, nullif(concat_ws(' ', c.first_name, c.last_name), ''), c.email),
    p.currency, p.amount_minor, p.failure_code, p.failure_reason, p.method_kind, p.brand, p.last4, p.invoice_number,
    p.next_retry_on
FROM (
    SELECT id, name, contact_id, company_id
    FROM subscription
    WHERE account_id = %(account_id)s AND status = 'unpaid' AND archived_at IS NULL
    ORDER BY id DESC
    LIMIT %(limit)s
) AS s
CROSS JOIN LATERAL (
    SELECT payment.*, i.number AS invoice_number
    FROM payment
    JOIN invoice AS i ON i.account_id = %(account_id)s AND i.id = payment.invoice_id AND i.status = 'open'
    WHERE payment.account_id = %(account_id)s AND payment.subscription_id = s.id AND payment.status = 'failed'
    ORDER BY payment.id DESC
    LIMIT 1
) AS p
LEFT JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = s.contact_id
LEFT JOIN company ON company.account_id = %(account_id)s AND company.id = s.company_id
ORDER BY s.id DESC
