-- Subscriptions that counted at the end of a day, with what they counted for and since when it is so much.
SELECT
    told.subscription_id, s.name,
    coalesce(com.name, nullif(concat_ws(' ', con.first_name, con.last_name), ''), con.email),
    told.day, NULL::text, told.amount, told.currency, told.number
FROM (
    SELECT
        m.subscription_id, m.currency, max(m.on_date) AS day, sum(m.{amount})::bigint AS amount, max(m.number) AS number
    FROM revenue_movement AS m
    WHERE m.account_id = %(account_id)s AND m.on_date <= %(last)s AND m.{reason} IS NOT NULL
        AND (%(currency)s::text IS NULL OR m.currency = %(currency)s)
        {scope}
    GROUP BY 1, 2
) AS told
LEFT JOIN subscription AS s ON s.account_id = %(account_id)s AND s.id = told.subscription_id
LEFT JOIN company AS com ON com.account_id = %(account_id)s AND com.id = s.company_id {of_company}
LEFT JOIN contact AS con ON con.account_id = %(account_id)s AND con.id = s.contact_id {of_contact}
WHERE told.amount <> 0
    AND (told.day, told.subscription_id, told.number) > (%(after_day)s, %(after_id)s, %(after_number)s)
ORDER BY told.day, told.subscription_id, told.number
LIMIT %(limit)s
