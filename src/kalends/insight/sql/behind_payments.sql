-- Payments that settled on some days, or of which a charge first failed on them.
SELECT
    t.id, {name}, coalesce(com.name, nullif(concat_ws(' ', con.first_name, con.last_name), ''), con.email),
    d.day, t.status, t.amount_minor, t.currency, 0
FROM payment AS t
LEFT JOIN company AS com ON com.account_id = %(account_id)s AND com.id = t.company_id {of_company}
LEFT JOIN contact AS con ON con.account_id = %(account_id)s AND con.id = t.contact_id {of_contact}
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN %(kind)s = 'settled' THEN (t.settled_at AT TIME ZONE %(time_zone)s)::date ELSE t.first_failed_on
    END AS day
) AS d
WHERE {scope}
    AND CASE
        WHEN %(kind)s = 'settled' THEN t.settled_at >= %(since)s AND t.settled_at < %(until)s
        ELSE t.first_failed_on BETWEEN %(first)s AND %(last)s
    END
    AND (%(kind)s = 'failed' OR t.settled_at IS NOT NULL AND t.status NOT IN ('processing', 'failed'))
    AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
    AND (d.day, t.id) > (%(after_day)s, %(after_id)s)
ORDER BY d.day, t.id
LIMIT %(limit)s
