SELECT
    p.id, s.name, coalesce(company.name, nullif(concat_ws(' ', c.first_name, c.last_name), ''), c.email), s.currency,
    s.next_amount_minor, p.cycle, p.since, p.code, p.reason
FROM parked_subscription AS p
JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = p.id
LEFT JOIN contact AS c ON c.account_id = %(account_id)s AND c.id = s.contact_id
LEFT JOIN company ON company.account_id = %(account_id)s AND company.id = s.company_id
WHERE p.account_id = %(account_id)s
ORDER BY p.since, p.id
LIMIT %(limit)s
