SELECT max(id), count(*)
FROM (
    SELECT e.id
    FROM event AS e
    WHERE e.account_id = %(account_id)s AND e.id > %(after)s AND e.id <= %(settled)s
    ORDER BY e.id
    LIMIT %(limit)s
) AS step
