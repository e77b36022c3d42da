-- By the address itself first; further addresses stand in one text, with semicolons between.
SELECT c.id
FROM (
    SELECT id, 0 AS place
    FROM contact
    WHERE account_id = %(account_id)s AND email = lower(%(email)s) AND archived_at IS NULL
    UNION ALL
    SELECT id, 1
    FROM contact
    WHERE account_id = %(account_id)s
        AND additional_emails IS NOT NULL
        AND archived_at IS NULL
        AND lower(%(email)s) = ANY(string_to_array(replace(lower(additional_emails), ' ', ''), ';'))
) AS c
ORDER BY c.place, c.id
LIMIT 1
