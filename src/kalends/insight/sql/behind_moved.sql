-- Movements of some days for some reasons, with whose they are.
SELECT
    m.subscription_id, s.name, coalesce(com.name, nullif(concat_ws(' ', con.first_name, con.last_name), ''), con.email),
    d.day, m.{reason}, m.{amount}, m.currency, m.number
FROM revenue_movement AS m
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = m.subscription_id
LEFT JOIN company AS com ON com.account_id = %(account_id)s AND com.id = s.company_id {of_company}
LEFT JOIN contact AS con ON con.account_id = %(account_id)s AND con.id = s.contact_id {of_contact}
CROSS JOIN LATERAL (SELECT CASE WHEN %(by_start)s THEN coalesce(s.start_date, m.on_date) ELSE m.on_date END AS day) AS d
WHERE m.account_id = %(account_id)s AND m.{reason} IS NOT NULL
    AND d.day BETWEEN %(first)s AND %(last)s
    AND (%(reasons)s::text[] IS NULL OR m.{reason} = ANY(%(reasons)s::text[]))
    AND (%(currency)s::text IS NULL OR m.currency = %(currency)s)
    AND (d.day, m.subscription_id, m.number) > (%(after_day)s, %(after_id)s, %(after_number)s)
    {scope}
ORDER BY d.day, m.subscription_id, m.number
LIMIT %(limit)s
